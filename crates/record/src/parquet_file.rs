//! A closed segment: a Parquet file, written whole or not at all.

use crate::codec::Item;
use crate::columns::{CLOCK, Columns, Data, SCHEMA, rows};
use crate::error::RecordError;
use crate::journal::Journal;
use crate::row::{Begin, Row};
use crate::segment::Summary;
use deconflict_core::Time;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, RowGroupMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Rows in a row group: what is skipped or read as a whole.
const ROW_GROUP: usize = 32_768;

/// Keys of what is in a segment, for readers of its directory alone.
const RUN: &str = "deconflict.run";
const BEGIN_NS: &str = "deconflict.begin_ns";
const CONFIG: &str = "deconflict.config";
const REGISTRY: &str = "deconflict.registry";
const CLOCK_NS: &str = "deconflict.clock_ns";
const FROM_NS: &str = "deconflict.from_ns";
const TO_NS: &str = "deconflict.to_ns";
const LAST_NS: &str = "deconflict.last_ns";
const LOST: &str = "deconflict.lost_rows";
const BEGINS: &str = "deconflict.begins";
const REGISTRIES: &str = "deconflict.registries";

/// What became of a journal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// It is a Parquet file now. So many bytes were torn off.
    Done(u64),
    /// There was no row in it. So many bytes were torn off.
    Empty(u64),
    /// Whoever asked for it no longer wants it.
    GivenUp,
}

/// Makes a Parquet file of a journal. `go_on` is asked now and then.
pub(crate) fn convert(
    journal: &Path,
    parquet: &Path,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Conversion, RecordError> {
    let file = File::open(journal).map_err(RecordError::io("open", journal))?;
    let size = file.metadata().map_err(RecordError::io("open", journal))?.len();
    let mut frames = Journal::new(BufReader::with_capacity(1 << 18, file));
    let temporary = parquet.with_extension("parquet.tmp");
    let mut output = Output::default();
    let mut columns = Columns::default();
    let mut summary = Summary::default();
    while let Some(items) = frames.frame().map_err(RecordError::io("read", journal))? {
        for item in items {
            let clock = summary.note(&item);
            if let (Item::Row(row), Some(clock)) = (&item, clock) {
                columns.push(row, clock);
            }
            if columns.rows >= ROW_GROUP {
                output.group(&temporary, std::mem::take(&mut columns))?;
                if !go_on() {
                    return Ok(Conversion::GivenUp);
                }
            }
        }
    }
    let torn = size - frames.whole().min(size);
    if summary.rows == 0 {
        return Ok(Conversion::Empty(torn));
    }
    if columns.rows > 0 {
        output.group(&temporary, columns)?;
    }
    output.finish(&temporary, &summary)?;
    fs::rename(&temporary, parquet).map_err(RecordError::io("rename", &temporary))?;
    if let Some(dir) = parquet.parent() {
        // The name has to be on the disk before the journal may go.
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(RecordError::io("write", dir))?;
    }
    Ok(Conversion::Done(torn))
}

/// A Parquet file on its way; what is left of it is removed if it does not get there.
#[derive(Default)]
struct Output {
    writer: Option<SerializedFileWriter<File>>,
    remove: Option<std::path::PathBuf>,
}

impl Output {
    fn group(&mut self, path: &Path, columns: Columns) -> Result<(), RecordError> {
        let failed = |error: ParquetError| parquet_error(path, error);
        if self.writer.is_none() {
            let file = File::create(path).map_err(RecordError::io("create", path))?;
            self.remove = Some(path.to_path_buf());
            let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
            let properties = Arc::new(properties().map_err(failed)?);
            self.writer =
                Some(SerializedFileWriter::new(file, schema, properties).map_err(failed)?);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let mut group = writer.next_row_group().map_err(failed)?;
        for data in columns.into_data() {
            match data {
                Data::Text(c) => write::<ByteArrayType>(&mut group, &c.values, &c.levels),
                Data::Int64(c) => write::<Int64Type>(&mut group, &c.values, &c.levels),
                Data::Int32(c) => write::<Int32Type>(&mut group, &c.values, &c.levels),
                Data::Double(c) => write::<DoubleType>(&mut group, &c.values, &c.levels),
                Data::Float(c) => write::<FloatType>(&mut group, &c.values, &c.levels),
                Data::Truth(c) => write::<BoolType>(&mut group, &c.values, &c.levels),
            }
            .map_err(failed)?;
        }
        group.close().map_err(failed)?;
        Ok(())
    }

    fn finish(&mut self, path: &Path, summary: &Summary) -> Result<(), RecordError> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        for (key, value) in described(summary) {
            writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let mut file = writer.into_inner().map_err(|error| parquet_error(path, error))?;
        file.flush().and_then(|()| file.sync_all()).map_err(RecordError::io("write", path))?;
        self.remove = None;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(path) = self.remove.take() {
            // If it stays, the next recorder removes it.
            let _ = fs::remove_file(path);
        }
    }
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: &[i16],
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("there are more columns than the schema has".into()));
    };
    column.typed::<T>().write_batch(values, Some(levels), None)?;
    column.close()
}

fn properties() -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("deconflict ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?));
    // Times go up by little; positions hardly ever come back.
    for (columns, encoding) in [
        (&["clock", "measured", "received"][..], Encoding::DELTA_BINARY_PACKED),
        (&["lat_rad", "lon_rad"][..], Encoding::BYTE_STREAM_SPLIT),
    ] {
        for column in columns {
            let path = ColumnPath::from(*column);
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, encoding);
        }
    }
    Ok(builder.build())
}

fn parquet_error(path: &Path, error: ParquetError) -> RecordError {
    let error = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => *error,
            Err(inner) => std::io::Error::other(inner),
        },
        other => std::io::Error::other(other),
    };
    RecordError::Io { what: "write", path: path.to_path_buf(), error }
}

fn described(summary: &Summary) -> Vec<(&'static str, String)> {
    let nanos = |time: Time| time.as_nanos().to_string();
    let mut pairs = vec![
        (CLOCK_NS, nanos(summary.clock)),
        (LAST_NS, nanos(summary.last)),
        (LOST, summary.lost.to_string()),
        (BEGINS, summary.begins.to_string()),
        (REGISTRIES, summary.registries.to_string()),
    ];
    if let Some((from, to)) = summary.range {
        pairs.extend([(FROM_NS, nanos(from)), (TO_NS, nanos(to))]);
    }
    if let Some(begin) = &summary.begin {
        pairs.extend([
            (RUN, begin.run.clone()),
            (BEGIN_NS, nanos(begin.time)),
            (CONFIG, begin.config.clone()),
        ]);
    }
    if let Some(registry) = &summary.registry {
        pairs.push((REGISTRY, registry.clone()));
    }
    pairs
}

/// A segment, opened for reading.
pub(crate) struct ParquetSegment {
    reader: SerializedFileReader<File>,
    next: usize,
}

impl ParquetSegment {
    /// Reads the directory of a file.
    pub(crate) fn open(path: &Path) -> Result<ParquetSegment, RecordError> {
        let file = File::open(path).map_err(RecordError::io("open", path))?;
        let size = file.metadata().map_err(RecordError::io("open", path))?.len();
        contained(path, || {
            let reader = SerializedFileReader::new(file)?;
            let schema = parse_message_type(SCHEMA)?;
            let metadata = reader.metadata();
            if metadata.file_metadata().schema().get_fields() != schema.get_fields() {
                return Err(ParquetError::General("its columns are others".to_owned()));
            }
            if !metadata.row_groups().iter().all(|group| lies_within(group, size)) {
                return Err(ParquetError::General("its directory points outside it".to_owned()));
            }
            Ok(ParquetSegment { reader, next: 0 })
        })
    }

    /// What is in it.
    pub(crate) fn summary(&self, path: &Path) -> Result<Summary, RecordError> {
        let file = self.reader.metadata().file_metadata();
        let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
        let text = |key: &str| {
            pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone())
        };
        let missing = || RecordError::damaged(path, "its directory does not say what is in it");
        let number = |key: &str| text(key)?.parse::<i64>().ok();
        let time = |key: &str| number(key).map(Time::from_nanos);
        Ok(Summary {
            begin: text(RUN).map(|run| Begin {
                run,
                time: time(BEGIN_NS).unwrap_or(Time::MIN),
                config: text(CONFIG).unwrap_or_default(),
            }),
            registry: text(REGISTRY),
            clock: time(CLOCK_NS).ok_or_else(missing)?,
            last: time(LAST_NS).ok_or_else(missing)?,
            range: time(FROM_NS).zip(time(TO_NS)),
            rows: u64::try_from(file.num_rows()).unwrap_or(0),
            lost: text(LOST).and_then(|text| text.parse().ok()).unwrap_or(0),
            begins: text(BEGINS).as_deref() == Some("true"),
            registries: text(REGISTRIES).and_then(|text| text.parse().ok()).unwrap_or(0),
        })
    }

    /// The rows of the next row group that may have some between two times; `None` at the end.
    pub(crate) fn group(
        &mut self,
        path: &Path,
        from: Time,
        to: Time,
    ) -> Result<Option<Vec<(Time, Row)>>, RecordError> {
        while self.next < self.reader.metadata().num_row_groups() {
            let place = self.next;
            self.next += 1;
            if may_overlap(self.reader.metadata().row_group(place), from, to) {
                return contained(path, || self.read(place)).map(Some);
            }
        }
        Ok(None)
    }

    fn read(&self, place: usize) -> Result<Vec<(Time, Row)>, ParquetError> {
        let group = self.reader.get_row_group(place)?;
        let count = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut data = Vec::new();
        for column in 0..group.metadata().num_columns() {
            data.push(match group.get_column_reader(column)? {
                ColumnReader::ByteArrayColumnReader(r) => Data::Text(read_column(r, count)?),
                ColumnReader::Int64ColumnReader(r) => Data::Int64(read_column(r, count)?),
                ColumnReader::Int32ColumnReader(r) => Data::Int32(read_column(r, count)?),
                ColumnReader::DoubleColumnReader(r) => Data::Double(read_column(r, count)?),
                ColumnReader::FloatColumnReader(r) => Data::Float(read_column(r, count)?),
                ColumnReader::BoolColumnReader(r) => Data::Truth(read_column(r, count)?),
                _ => return Err(ParquetError::General("a column has another type".to_owned())),
            });
        }
        rows(data, count)
            .ok_or_else(|| ParquetError::General("a row is not one that was written".to_owned()))
    }
}

impl std::fmt::Debug for ParquetSegment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetSegment").field("next", &self.next).finish_non_exhaustive()
    }
}

fn read_column<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    count: usize,
) -> Result<crate::columns::Column<T::T>, ParquetError> {
    let mut column = crate::columns::Column { levels: Vec::new(), values: Vec::new() };
    let mut have = 0;
    while have < count {
        let (read, _, levels) = reader.read_records(
            count - have,
            Some(&mut column.levels),
            None,
            &mut column.values,
        )?;
        if read == 0 {
            return Err(ParquetError::General("a column is too short".to_owned()));
        }
        have += read;
        if levels == 0 || column.levels.len() < have {
            // A column that every row has needs no levels.
            column.levels.resize(have, 1);
        }
    }
    Ok(column)
}

fn may_overlap(group: &RowGroupMetaData, from: Time, to: Time) -> bool {
    let Some(Statistics::Int64(clock)) = group.column(CLOCK).statistics() else { return true };
    let (Some(min), Some(max)) = (clock.min_opt(), clock.max_opt()) else { return true };
    *max >= from.as_nanos() && *min <= to.as_nanos()
}

/// Whether all columns of a row group are where the file has bytes. The decoder takes
/// that for granted.
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

/// Runs the foreign decoder: on damaged files it has been seen to panic.
fn contained<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, RecordError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome.map_err(|error| RecordError::damaged(path, error)),
        Err(_) => Err(RecordError::damaged(path, "its decoder gave up")),
    }
}
