"""Times BlueSky's compiled state-based detector (TU Delft) on traffic from a file.

Processor time, so that other load on the machine does not count against it.

Reads rows of lat, lon, alt_ft, gs_kt, trk_deg, vs_fpm, calls the detector a number
of times and prints one line of JSON: the best time in seconds and how many
ordered pairs it calls. Needs `pip install bluesky-simulator==1.1.1`.
"""

import contextlib
import io
import json
import sys
import time

import numpy as np

with contextlib.redirect_stdout(io.StringIO()):
    from bluesky.traffic.asas import cstatebased


class Traffic:
    """What the detector reads: SI units, angles in degrees, names for the pairs."""

    def __init__(self, rows):
        self.lat, self.lon, alt_ft, gs_kt, self.trk, vs_fpm = (
            np.ascontiguousarray(column) for column in rows.T
        )
        self.alt = alt_ft * 0.3048
        self.gs = gs_kt * 1852.0 / 3600.0
        self.vs = vs_fpm * 0.3048 / 60.0
        self.ntraf = len(rows)
        self.id = [f"{i}" for i in range(self.ntraf)]


def main():
    path, runs = sys.argv[1], int(sys.argv[2])
    traffic = Traffic(np.loadtxt(path, delimiter=",", ndmin=2))
    horizontal = np.full(traffic.ntraf, 5.0 * 1852.0)
    vertical = np.full(traffic.ntraf, 1000.0 * 0.3048)
    lookahead = np.full(traffic.ntraf, 300.0)
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        pairs = cstatebased.detect(traffic, traffic, horizontal, vertical, lookahead)[0]
        best = min(best, time.process_time() - start)
    print(json.dumps({"best_s": best, "ordered_pairs": len(pairs)}))


main()
