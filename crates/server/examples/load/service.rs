//! The service in a process of its own.

use crate::options::Options;
use deconflict_server::{Service, Start, config};
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FEEDS: usize = 4;

/// Runs the service until standard input ends. Says on standard output where it answers.
pub fn run(folder: &Path, options: &Options) {
    let feed = |number| {
        format!(
            "[[feed]]\nname = \"line {number}\"\nkind = \"listen\"\nbind = \"127.0.0.1:0\"\nformat = \"sbs\"\n"
        )
    };
    let feeds: String = (0..FEEDS).map(feed).collect();
    let text = format!(
        "http.listen = \"127.0.0.1:0\"\nstore.url = \"sqlite:{0}/load.db\"\n\
         recording.dir = \"{0}/recording\"\nengine.period_s = {1}\nengine.threads = {2}\n{feeds}",
        folder.display(),
        options.period_s,
        options.threads
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("threads can be started");
    runtime.block_on(async {
        let config = config::from_text(&text).expect("the configuration holds");
        let _log = deconflict_server::log::start(&config.log).expect("nobody else logs");
        let service = Service::start(config, Start::default()).await.expect("the service starts");
        let mut line = service.address().to_string();
        while line.split(' ').count() <= FEEDS {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let bound = service.app().feeds.status().into_iter().filter_map(|feed| feed.bound);
            line = bound.fold(service.address().to_string(), |line, at| format!("{line} {at}"));
        }
        println!("{line}");
        let wait = || std::io::stdin().read_to_end(&mut Vec::new());
        let _ = tokio::task::spawn_blocking(wait).await;
        let begun = Instant::now();
        service.stop().await;
        println!("{}", begun.elapsed().as_secs_f64());
    });
}

/// The process as seen from the other one.
pub struct Child {
    process: std::process::Child,
    said: BufReader<std::process::ChildStdout>,
    pub http: SocketAddr,
    pub feeds: Vec<SocketAddr>,
}

impl Child {
    pub fn start(folder: &Path, options: &Options) -> Result<Child, Box<dyn Error>> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--service")
            .arg(folder)
            .args(["--period", &options.period_s.to_string()])
            .args(["--threads", &options.threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let addresses: Result<Vec<SocketAddr>, _> =
            line.split_whitespace().map(str::parse).collect();
        let mut addresses = addresses?.into_iter();
        let http = addresses.next().ok_or("the service did not start")?;
        Ok(Child { process, said, http, feeds: addresses.collect() })
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it counts.
    pub fn metrics(&self) -> Metrics {
        Metrics(get(self.http, "/metrics").unwrap_or_default())
    }

    /// Stops it in order and says how long that took.
    pub fn stop(&mut self) {
        drop(self.process.stdin.take());
        let mut line = String::new();
        let _ = self.said.read_line(&mut line);
        let _ = self.process.wait();
        println!("stopped in {} s", line.trim());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One small request over a connection of its own.
fn get(at: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// A page of metrics.
pub struct Metrics(String);

impl Metrics {
    /// The sum of all series of a name.
    pub fn of(&self, name: &str) -> f64 {
        let series = self.0.lines().filter_map(|line| {
            let rest = line.strip_prefix("deconflict_")?.strip_prefix(name)?;
            let is_it = rest.starts_with(['{', ' ']);
            is_it.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
        });
        series.sum()
    }
}
