//! Any bytes, read as the journal of a recording: no panic, and what was read is read the
//! same after it has been written again. The check sums are made right first, or hardly
//! anything would get past them.
#![no_main]

use deconflict_record::journal::{bytes_of_rows, framed, rows_of_bytes};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for bytes in [data.to_vec(), framed(data)] {
        let rows = rows_of_bytes(&bytes);
        let again = bytes_of_rows(&rows);
        // As bytes, as a number that is none does not equal itself.
        assert_eq!(bytes_of_rows(&rows_of_bytes(&again)), again);
    }
});
