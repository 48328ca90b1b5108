//! The service in a process of its own.

use crate::common::{PUBLIC, settings};
use deconflict_dss::{Gate, Pool, Target, router};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A target as an argument.
pub fn argument(target: &Target) -> String {
    match target {
        Target::File(path) => path.display().to_string(),
        Target::Server(url) => url.clone(),
    }
}

/// The child: serves until its input ends.
pub fn serve(store: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let began = Instant::now();
        let pool = Pool::start(Target::parse(store).unwrap(), settings()).await.unwrap();
        let pems = [("test.pem".to_owned(), PUBLIC.to_owned())];
        let gate = Gate::new(&pems, None, &["dss.test".to_owned()], &[]).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{} {}", listener.local_addr().unwrap(), began.elapsed().as_secs_f64());
        let app = router(pool.clone(), gate);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let wait = || drop(std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::task::spawn_blocking(wait).await.unwrap();
        task.abort();
        let _ = task.await;
        pool.stop().await;
    });
}

pub struct Child {
    process: std::process::Child,
    pub address: String,
    /// How long the store took to open.
    pub opened_s: f64,
}

impl Child {
    pub fn start(store: &str) -> Child {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", store])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, opened) = line.trim().split_once(' ').expect("the service did not start");
        let (address, opened_s) = (address.to_owned(), opened.parse().unwrap());
        Child { process, address, opened_s }
    }

    /// Resident memory by the kernel's account; 0 where it has none.
    pub fn resident_mib(&self) -> f64 {
        self.kib("VmRSS:") / 1024.0
    }

    /// The most that it was.
    pub fn peak_mib(&self) -> f64 {
        self.kib("VmHWM:") / 1024.0
    }

    fn kib(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|l| l.trim().split(' ').next()?.parse().ok()).unwrap_or(0.0)
    }

    /// Processor time that it has used, seconds; 0 where the kernel does not tell.
    pub fn processor_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let stat = stat.unwrap_or_default();
        // After the name in brackets: fields 14 and 15 of proc(5), in hundredths.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split(' ').collect();
        let of = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        (of(12) + of(13)) / 100.0
    }

    pub fn stop(mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}
