//! Writing a recording.

use crate::codec::Opening;
use crate::error::RecordError;
use crate::journal::{head, put_rows};
use crate::keeper::{Keeper, Shared, Wish};
use crate::row::{Begin, Row};
use crate::segment::{Form, Segment, path};
use crate::status::{State, Status, StatusHandle};
use deconflict_core::Time;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How large a recording and its segments may become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A segment is closed when its journal is this large, bytes. At most a quarter of all.
    pub segment_bytes: u64,
    /// A segment is closed when it is this old, seconds of time of day.
    pub segment_s: f64,
    /// The oldest segments are removed when all together are larger, bytes.
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { segment_bytes: 128 << 20, segment_s: 600.0, total_bytes: 20 << 30 }
    }
}

/// How long a recorder that could not write waits before it tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// Where a journal is written: a file, or what a test puts in its place.
pub(crate) trait Medium: Send + std::fmt::Debug {
    /// Appends all bytes, or fails.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts off what is beyond `len`.
    fn cut(&mut self, len: u64) -> io::Result<()>;
    /// The file, for bringing it to the disk.
    fn file(&self) -> io::Result<File>;
}

impl Medium for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        // Opened for appending: the next bytes go to the new end.
        self.set_len(len)
    }

    fn file(&self) -> io::Result<File> {
        self.try_clone()
    }
}

type Create = fn(&Path) -> io::Result<Box<dyn Medium>>;

fn create_file(path: &Path) -> io::Result<Box<dyn Medium>> {
    Ok(Box::new(OpenOptions::new().append(true).create_new(true).open(path)?))
}

/// The segment that is being written.
#[derive(Debug)]
struct Current {
    medium: Box<dyn Medium>,
    path: PathBuf,
    bytes: u64,
    rows: u64,
    opened: Instant,
}

/// Writes a recording. For use from one plain thread; a second process that opens the same
/// folder is refused. The first row of a run is its [`Row::Begin`].
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    limits: Limits,
    status: StatusHandle,
    shared: Arc<Shared>,
    create: Create,
    next_number: u64,
    current: Option<Current>,
    begin: Option<Begin>,
    registry: Option<String>,
    clock: Time,
    /// Rows lost since the last that was written.
    lost: u64,
    retry: Option<Instant>,
    buffer: Vec<u8>,
    wishes: Option<Sender<Wish>>,
    keeper: Option<JoinHandle<()>>,
    /// Held while the recorder is there.
    _lock: File,
}

impl Recorder {
    /// Opens a folder, and makes it if need be. What a crash left behind is put in order in
    /// the background: whole frames of a torn journal are kept and the rest is counted.
    ///
    /// # Errors
    /// If the folder cannot be made or read, or is being recorded into already.
    pub fn open(dir: impl AsRef<Path>, limits: Limits) -> Result<Recorder, RecordError> {
        Recorder::open_on(dir.as_ref(), limits, create_file)
    }

    pub(crate) fn open_on(
        dir: &Path,
        mut limits: Limits,
        create: Create,
    ) -> Result<Recorder, RecordError> {
        fs::create_dir_all(dir).map_err(RecordError::io("create", dir))?;
        let lock = lock(dir)?;
        remove_temporary(dir)?;
        let segments = Segment::all(dir)?;
        limits.segment_bytes = limits.segment_bytes.min(limits.total_bytes / 4).max(4096);
        let status = StatusHandle::default();
        status.update(|status| {
            status.segments = segments.len() as u64;
            status.total_bytes = segments.iter().map(|segment| segment.bytes).sum();
        });
        let shared = Arc::new(Shared::default());
        let keeper = Keeper::new(dir.to_path_buf(), limits, status.clone(), Arc::clone(&shared));
        let (wishes, heard) = channel();
        let thread = std::thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || keeper.run(&heard))
            .map_err(RecordError::io("start a thread for", dir))?;
        // The thread is there to hear it.
        let _ = wishes.send(Wish::Look);
        Ok(Recorder {
            dir: dir.to_path_buf(),
            limits,
            status,
            shared,
            create,
            next_number: segments.last().map_or(0, |segment| segment.number) + 1,
            current: None,
            begin: None,
            registry: None,
            clock: Time::MIN,
            lost: 0,
            retry: None,
            buffer: Vec::new(),
            wishes: Some(wishes),
            keeper: Some(thread),
            _lock: lock,
        })
    }

    /// Appends rows. When this returns they are with the operating system and survive the
    /// end of the process, or they are lost and counted: this never fails, and does not wait
    /// for a disk that is full. Rows that follow lost ones are a new span.
    pub fn append(&mut self, rows: &[Row]) {
        let mut rest = rows;
        while !rest.is_empty() {
            // A run begins a segment.
            let later = rest[1..].iter().position(|row| matches!(row, Row::Begin(_)));
            let (some, after) = rest.split_at(later.map_or(rest.len(), |place| place + 1));
            rest = after;
            if matches!(some[0], Row::Begin(_)) {
                self.rotate();
            }
            self.append_of_one_run(some);
        }
    }

    fn append_of_one_run(&mut self, rows: &[Row]) {
        if self.retry.is_some_and(|time| Instant::now() < time) {
            self.lose(rows);
            return;
        }
        match self.write(rows) {
            Ok(()) => self.written(rows),
            Err(error) => self.stopped(&error, rows),
        }
        self.take_note(rows);
        if self.current.as_ref().is_some_and(|current| {
            current.bytes >= self.limits.segment_bytes
                || current.opened.elapsed().as_secs_f64() >= self.limits.segment_s
        }) {
            self.rotate();
        }
    }

    fn write(&mut self, rows: &[Row]) -> Result<(), RecordError> {
        if self.current.is_none() {
            self.open_segment(rows)?;
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        self.buffer.clear();
        put_rows(&mut self.buffer, rows);
        current.medium.write(&self.buffer).map_err(RecordError::io("write", &current.path))?;
        current.bytes += self.buffer.len() as u64;
        current.rows += rows.len() as u64;
        // One very long text must not be held for ever.
        if self.buffer.capacity() > 4 << 20 {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    fn open_segment(&mut self, rows: &[Row]) -> Result<(), RecordError> {
        let number = self.next_number;
        let (start, begins) = match rows.first() {
            Some(Row::Begin(begin)) => (begin.time, true),
            _ => (self.clock, false),
        };
        let path = path(&self.dir, &Segment::stem(number, start), Form::Journal);
        // Before the file is there, or it would be taken for one that is closed.
        self.shared.live.store(number, Ordering::Release);
        let medium = (self.create)(&path).map_err(RecordError::io("create", &path))?;
        // A name that was used is not used again, whatever became of the file.
        self.next_number += 1;
        let opening = Opening {
            begin: if begins { None } else { self.begin.clone() },
            registry: if begins { None } else { self.registry.clone() },
            clock: start,
            lost: self.lost,
        };
        let head = head(&opening);
        let bytes = head.len() as u64;
        let current =
            Current { medium, path: path.clone(), bytes, rows: 0, opened: Instant::now() };
        let current = self.current.insert(current);
        current.medium.write(&head).map_err(RecordError::io("write", path))
    }

    fn written(&mut self, rows: &[Row]) {
        self.lost = 0;
        self.retry = None;
        let bytes = self.buffer.len() as u64;
        if let Some(current) = &self.current
            && let Ok(mut unsynced) = self.shared.unsynced.try_lock()
            && unsynced.is_none()
        {
            *unsynced = current.medium.file().ok();
        }
        self.status.update(|status| {
            status.rows += rows.len() as u64;
            status.journal_bytes += bytes;
            status.state = State::Recording;
        });
    }

    fn stopped(&mut self, error: &RecordError, rows: &[Row]) {
        if let Some(mut current) = self.current.take() {
            // A torn tail does no harm: it is cut off when the journal is closed.
            let _ = current.medium.cut(current.bytes);
            if current.rows == 0 {
                let _ = fs::remove_file(&current.path);
            }
        }
        self.shared.live.store(0, Ordering::Release);
        self.retry = Some(Instant::now() + PAUSE);
        let reason = error.to_string();
        let first = self.status.update(|status| {
            let first = status.state == State::Recording;
            if first {
                status.stops += 1;
                status.state = State::Stopped { since: SystemTime::now(), reason };
            }
            first
        });
        if first {
            tracing::error!(%error, "recording stops until there is room again");
        }
        self.lost += rows.len() as u64;
        self.status.update(|status| status.lost_rows += rows.len() as u64);
    }

    fn lose(&mut self, rows: &[Row]) {
        self.lost += rows.len() as u64;
        self.status.update(|status| status.lost_rows += rows.len() as u64);
        self.take_note(rows);
    }

    /// What the next segment has to begin with, lost rows included.
    fn take_note(&mut self, rows: &[Row]) {
        for row in rows {
            match row {
                Row::Begin(begin) => {
                    self.begin = Some(begin.clone());
                    self.registry = None;
                    self.clock = begin.time;
                }
                Row::Tick(time) => self.clock = *time,
                Row::Registry(text) => self.registry = Some(text.clone()),
                Row::Report(_) => {}
            }
        }
    }

    /// Waits until all that was appended is on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync(&mut self) -> Result<(), RecordError> {
        let Some(current) = &self.current else { return Ok(()) };
        let file = current.medium.file().map_err(RecordError::io("write", &current.path))?;
        file.sync_data().map_err(RecordError::io("write", &current.path))
    }

    /// Closes the present segment; the next row begins another.
    pub fn rotate(&mut self) {
        if let Some(current) = self.current.take() {
            // The keeper brings it to the disk as part of the conversion, if not before.
            let mut unsynced = self.shared.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
            *unsynced = current.medium.file().ok();
        }
        self.shared.live.store(0, Ordering::Release);
        if let Some(wishes) = &self.wishes {
            // If the keeper is gone, the next recorder does what it did not.
            let _ = wishes.send(Wish::Look);
        }
    }

    /// How the recorder is.
    pub fn status(&self) -> Status {
        self.status.get()
    }

    /// Reads the status from other threads.
    pub fn watch(&self) -> StatusHandle {
        self.status.clone()
    }

    /// Closes the last segment and waits until all journals are Parquet files. Without this,
    /// that is done when the folder is opened the next time.
    pub fn close(mut self) {
        self.rotate();
        if let Some(wishes) = &self.wishes {
            let _ = wishes.send(Wish::Finish);
        }
        self.join();
    }

    fn join(&mut self) {
        self.wishes = None;
        if let Some(keeper) = self.keeper.take()
            && keeper.join().is_err()
        {
            tracing::error!("the thread beside the recorder panicked");
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.join();
    }
}

fn lock(dir: &Path) -> Result<File, RecordError> {
    let path = dir.join("recording.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(RecordError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RecordError::InUse { path: dir.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(RecordError::io("lock", path)(error)),
    }
}

fn remove_temporary(dir: &Path) -> Result<(), RecordError> {
    for entry in fs::read_dir(dir).map_err(RecordError::io("read", dir))? {
        let path = entry.map_err(RecordError::io("read", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("seg-") && name.ends_with(".tmp") {
            fs::remove_file(&path).map_err(RecordError::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;
    use std::sync::atomic::AtomicI64;

    /// Bytes that the disk still takes.
    static ROOM: AtomicI64 = AtomicI64::new(0);

    /// A file on a disk with little room, that takes what it can of a write.
    #[derive(Debug)]
    struct Small(File);

    impl Medium for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            let room = usize::try_from(ROOM.load(Ordering::SeqCst)).unwrap_or(0);
            let taken = room.min(bytes.len());
            self.0.write_all(&bytes[..taken])?;
            ROOM.fetch_sub(taken as i64, Ordering::SeqCst);
            if taken < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn cut(&mut self, _: u64) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn file(&self) -> io::Result<File> {
            self.0.try_clone()
        }
    }

    fn create_small(path: &Path) -> io::Result<Box<dyn Medium>> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Box::new(Small(file)))
    }

    // REC-4: whatever was written of a batch that did not fit, what is read is whole.
    #[test]
    fn a_disk_that_fills_up_within_a_write() {
        let tick = |s: i64| Row::Tick(Time::from_nanos(s));
        let begin = Begin { run: "r".into(), time: Time::from_nanos(0), config: "{}".into() };
        for room in (1..200).step_by(3) {
            let dir = tempfile::tempdir().unwrap();
            ROOM.store(room, Ordering::SeqCst);
            let mut recorder =
                Recorder::open_on(dir.path(), Limits::default(), create_small).unwrap();
            recorder.append(&[Row::Begin(begin.clone())]);
            let mut s = 0;
            while recorder.status().state == State::Recording {
                s += 1;
                recorder.append(&[tick(s)]);
            }
            recorder.append(&[tick(s + 1), tick(s + 2)]);
            let status = recorder.status();
            let last_lost = s == 0;
            assert_eq!(status.lost_rows, 3);
            assert_eq!(status.rows, if last_lost { 0 } else { s as u64 });
            ROOM.store(i64::MAX, Ordering::SeqCst);
            recorder.retry = None;
            recorder.append(&[tick(s + 3)]);
            assert_eq!(recorder.status().state, State::Recording);
            recorder.close();
            let recording = Recording::open(dir.path()).unwrap();
            let rows: Vec<Row> = recording.rows_since_begin("r").map(Result::unwrap).collect();
            let mut expected = vec![];
            if !last_lost {
                expected.push(Row::Begin(begin.clone()));
                expected.extend((1..s).map(tick));
            }
            expected.push(tick(s + 3));
            assert_eq!(rows, expected, "room for {room}");
            let spans = recording.spans().unwrap();
            assert_eq!(spans.len(), if last_lost { 1 } else { 2 });
        }
    }
}
