//! State vectors as Parquet, with the columns of either dialect.
//!
//! The directory of a Parquet file stands at its end, so that the file has to be held
//! in memory, compressed as it is; the rows still come one by one. Columns that
//! mean nothing here are not decoded.
//!
//! The decoder is a foreign one and made for files that a database wrote: on
//! damaged ones it has been seen to panic. What is known to do so is checked
//! beforehand; the rest is contained here and ends the reading with an error.

use super::columns::{Column, Row};
use crate::date::Calendar;
use crate::error::ErrorKind;
use crate::field;
use crate::sink::Sink;
use bytes::Bytes;
use deconflict_core::Time;
use parquet::basic::{ConvertedType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::{Field, reader::RowIter};
use parquet::schema::types::Type;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A file opened for reading row by row.
pub(crate) struct Rows {
    rows: RowIter<'static>,
    customary: bool,
    calendar: Calendar,
}

impl Rows {
    pub(crate) fn open(file: Vec<u8>) -> Result<Rows, String> {
        contained(|| {
            let size = file.len() as u64;
            let reader = SerializedFileReader::new(Bytes::from(file))?;
            if !reader.metadata().row_groups().iter().all(|group| lies_within(group, size)) {
                return Err(ParquetError::General("its directory points outside it".to_owned()));
            }
            let schema = reader.metadata().file_metadata().schema().clone();
            let known: Vec<_> =
                schema.get_fields().iter().filter(|column| is_read(column)).cloned().collect();
            let customary = known.iter().any(|c| Column::named(c.name().as_bytes()).1);
            for needed in [Column::Address, Column::Time] {
                if !known.iter().any(|c| Column::named(c.name().as_bytes()).0 == needed) {
                    let text = format!("there is no column {}", needed.label());
                    return Err(ParquetError::General(text));
                }
            }
            let wanted = Type::group_type_builder(schema.name()).with_fields(known).build()?;
            let rows = RowIter::from_file_into(Box::new(reader)).project(Some(wanted))?;
            Ok(Rows { rows, customary, calendar: Calendar::default() })
        })
    }

    /// Decodes the next row; false at the end.
    pub(crate) fn row(&mut self, sink: &mut Sink) -> bool {
        let next = contained(|| self.rows.next().transpose());
        let fields = match next {
            Ok(Some(fields)) => fields,
            Ok(None) => return false,
            Err(error) => {
                sink.begin(0);
                sink.error(ErrorKind::Unreadable, "input", error.as_bytes());
                return false;
            }
        };
        sink.begin(0);
        let mut row = Row::of(self.customary);
        for (name, value) in fields.get_column_iter() {
            let (column, _) = Column::named(name.as_bytes());
            self.value(&mut row, column, value, sink);
        }
        row.report(b"", sink);
        true
    }

    fn value(&mut self, row: &mut Row, column: Column, value: &Field, sink: &mut Sink) {
        match value {
            Field::Str(text) => row.text(column, text.as_bytes(), &mut self.calendar, sink),
            Field::Bytes(bytes) => row.text(column, bytes.data(), &mut self.calendar, sink),
            Field::Bool(value) => row.truth(column, *value),
            Field::TimestampMillis(ms) => instant(row, column, Time::from_millis(*ms), sink),
            Field::TimestampMicros(us) => {
                instant(row, column, Time::from_nanos(us.saturating_mul(1000)), sink);
            }
            // Nanoseconds have no type of their own in this interface.
            Field::Long(ns) if ns.unsigned_abs() > 1_000_000_000_000_000 => {
                instant(row, column, Time::from_nanos(*ns), sink);
            }
            Field::Long(whole) => row.number(column, *whole as f64, sink),
            Field::ULong(whole) => row.number(column, *whole as f64, sink),
            Field::Int(whole) => row.number(column, f64::from(*whole), sink),
            Field::UInt(whole) => row.number(column, f64::from(*whole), sink),
            Field::Short(whole) => row.number(column, f64::from(*whole), sink),
            Field::UShort(whole) => row.number(column, f64::from(*whole), sink),
            Field::Byte(whole) => row.number(column, f64::from(*whole), sink),
            Field::UByte(whole) => row.number(column, f64::from(*whole), sink),
            Field::Float(value) => row.number(column, f64::from(*value), sink),
            Field::Double(value) => row.number(column, *value, sink),
            _ => {}
        }
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("customary", &self.customary).finish_non_exhaustive()
    }
}

fn instant(row: &mut Row, column: Column, time: Time, sink: &mut Sink) {
    let time = sink.keep(column.label(), b"", field::possible_time(time));
    row.set_time(column, time);
}

/// Whether all columns of a row group are where the file has bytes. The decoder
/// takes that for granted.
fn lies_within(group: &RowGroupMetaData, size: u64) -> bool {
    group.columns().iter().all(|column| {
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        start >= 0
            && column.data_page_offset() >= 0
            && column.compressed_size() >= 0
            && end.is_some_and(|end| end.unsigned_abs() <= size)
    })
}

/// Whether a column means something, in a type that the row interface has.
fn is_read(column: &Arc<Type>) -> bool {
    if !column.is_primitive() || Column::named(column.name().as_bytes()).0 == Column::Other {
        return false;
    }
    use ConvertedType as C;
    let converted = column.get_basic_info().converted_type();
    match column.get_physical_type() {
        Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE | Physical::INT96 => {
            converted == C::NONE
        }
        Physical::INT32 => matches!(
            converted,
            C::NONE | C::INT_8 | C::INT_16 | C::INT_32 | C::UINT_8 | C::UINT_16 | C::UINT_32
        ),
        Physical::INT64 => matches!(
            converted,
            C::NONE | C::INT_64 | C::UINT_64 | C::TIMESTAMP_MILLIS | C::TIMESTAMP_MICROS
        ),
        Physical::BYTE_ARRAY => matches!(converted, C::NONE | C::UTF8),
        Physical::FIXED_LEN_BYTE_ARRAY => false,
    }
}

/// Runs the foreign decoder; what it throws becomes an error.
fn contained<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_panic) => Err("the file is damaged".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Format, Options, Order, Reader, gather};
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    /// Two rows of an invented aircraft, the later one first.
    fn file(schema: &str, times: [i64; 2]) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = Arc::new(WriterProperties::default());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        let mut group = file.next_row_group().unwrap();
        let mut numbers = [[35.1, 35.0], [40.2, 40.2], [9144.0, 9144.0]].iter();
        while let Some(mut column) = group.next_column().unwrap() {
            use parquet::column::writer::ColumnWriter as W;
            match column.untyped() {
                W::Int64ColumnWriter(_) => {
                    column.typed::<Int64Type>().write_batch(&times, None, None).unwrap();
                }
                W::ByteArrayColumnWriter(_) => {
                    let name = [ByteArray::from("abcdef"), ByteArray::from("abcdef")];
                    column.typed::<ByteArrayType>().write_batch(&name, None, None).unwrap();
                }
                _ => {
                    let values = numbers.next().unwrap();
                    column.typed::<DoubleType>().write_batch(values, None, None).unwrap();
                }
            }
            column.close().unwrap();
        }
        group.close().unwrap();
        file.into_inner().unwrap()
    }

    #[test]
    fn rows_of_both_dialects_are_read_and_sorted() {
        let si = "message m { required int64 time; required binary icao24 (UTF8);
            required double lat; required double lon; required double baroaltitude; }";
        let customary = "message m { required int64 timestamp (TIMESTAMP(MICROS,true));
            required binary icao24 (UTF8); required double latitude;
            required double longitude; required double altitude; }";
        let feet = 0.3048;
        for (schema, unit, metres) in [(si, 1, 9144.0), (customary, 1_000_000, 9144.0 * feet)] {
            let bytes = file(schema, [1_700_000_010 * unit, 1_700_000_000 * unit]);
            let mut reader = Reader::open(&bytes[..], None, Options::default()).unwrap();
            assert_eq!(
                (reader.format(), reader.order()),
                (Format::OpenskyParquet, Order::ByAircraft)
            );
            let reports = gather(&mut reader, |error| panic!("{error}"));
            assert_eq!(reports.len(), 2);
            assert_eq!(reports[1].measured.seconds_since(reports[0].measured), 10.0);
            assert_eq!(reports[1].measured.as_unix_s(), 1_700_000_010.0);
            assert_eq!(reports[0].pressure_altitude_m, Some(metres));
            assert_eq!(reports[0].address.to_string(), "abcdef");
        }
    }

    #[test]
    fn damage_is_an_error_and_no_panic() {
        let schema = "message m { required int64 time; required binary icao24 (UTF8);
            required double lat; required double lon; required double baroaltitude; }";
        let whole = file(schema, [1_700_000_000, 1_700_000_010]);
        for at in 4..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            if let Ok(reader) = Reader::open(&bytes[..], None, Options::default()) {
                assert!(reader.count() <= 10);
            }
            assert!(Reader::open(&whole[..at], None, Options::default()).is_err());
        }
        let other = "message m { required int64 time; required binary name (UTF8); }";
        let bytes = file(other, [0, 0]);
        let error = Reader::open(&bytes[..], None, Options::default()).unwrap_err();
        assert!(error.to_string().contains("no column icao24"), "{error}");
    }
}
