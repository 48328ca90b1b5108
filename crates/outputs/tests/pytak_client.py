"""Receives Cursor on Target with PyTAK and says what it understood, one JSON object a line.

Usage: pytak_client.py URL, with URL as PyTAK has it: tcp://127.0.0.1:8087, udp+ro://127.0.0.1:4242.
"""

import asyncio
import configparser
import json
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import version

import pytak


class Teller(pytak.QueueWorker):
    """Takes what PyTAK has received and prints it."""

    async def handle_data(self, data):
        event = ElementTree.fromstring(data)
        contact, remarks = event.find("detail/contact"), event.find("detail/remarks")
        say(
            {
                "event": dict(event.attrib),
                "point": dict(event.find("point").attrib),
                "callsign": None if contact is None else contact.get("callsign"),
                "remarks": None if remarks is None else remarks.text,
                "links": [link.get("uid") for link in event.findall("detail/link")],
            }
        )

    async def run(self, _=-1):
        while True:
            await self.handle_data(await self.queue.get())


def say(what):
    print(json.dumps(what), flush=True)


async def main():
    config = configparser.ConfigParser()
    config["receiver"] = {"COT_URL": sys.argv[1]}
    tool = pytak.CLITool(config["receiver"])
    await tool.setup()
    tool.add_task(Teller(tool.rx_queue, config["receiver"]))
    say({"ready": version("pytak")})
    await tool.run()


if __name__ == "__main__":
    asyncio.run(main())
