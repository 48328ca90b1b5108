//! All outputs of a service.

use crate::config::{ConfigError, OutputConfig};
use crate::inbox::{Inbox, Told};
use crate::status::{Status, Tally};
use deconflict_picture::Viewer;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// An output at work.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Pause before an output that has failed inside is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// One way out of the service.
///
/// An output runs in a task of its own and fetches what it is to tell from its inbox, at
/// its own pace. It ends when the inbox does, having sent what it can.
pub trait Output: Send + 'static {
    /// The protocol, as in `kind` of the configuration.
    fn kind(&self) -> &'static str;

    /// Works until the inbox ends.
    fn run(self: Box<Self>, inbox: Inbox) -> Running;
}

/// What an output is built from, besides its configuration.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The run of the service; part of all names given out.
    pub run: String,
    /// What jitter is drawn from.
    pub seed: u64,
}

struct Post {
    viewer: Viewer,
    inbox: Inbox,
    /// Taken when it is waited for.
    task: Mutex<Option<JoinHandle<()>>>,
}

/// The outputs of a service, at work.
pub struct Outputs {
    posts: Vec<Post>,
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.status()).finish()
    }
}

impl Outputs {
    /// Starts the outputs of a configuration, from within a tokio runtime. `run` is the run
    /// of the service, as in the names of alerts; `seed` is what pauses are drawn from.
    ///
    /// # Errors
    /// [`ConfigError`] if one cannot be made: nothing is started then.
    pub fn start(configs: &[OutputConfig], run: &str, seed: u64) -> Result<Outputs, ConfigError> {
        OutputConfig::check_all(configs)?;
        let mut ready = Vec::new();
        for (number, config) in configs.iter().enumerate() {
            let seed = seed.wrapping_add(number as u64);
            let setting = Setting { run: run.to_owned(), seed };
            // Made once before any is started: a fault shows at once and to its author.
            let output = config.build(&setting)?;
            ready.push((config.clone(), setting, output));
        }
        let posts = ready.into_iter().map(|(config, setting, output)| {
            let viewer = config.viewer()?;
            let shown = match &viewer {
                Viewer::Everything => "everything",
                Viewer::Party(party) => party.as_str(),
            };
            let inbox =
                Inbox::new(Tally::new(config.name(), output.kind(), shown, &config.destination()));
            let task = tokio::spawn(keep_running(config, setting, output, inbox.clone()));
            Ok(Post { viewer, inbox, task: Mutex::new(Some(task)) })
        });
        Ok(Outputs { posts: posts.collect::<Result<_, ConfigError>>()? })
    }

    /// Those whose views are sent: each needs to be seen once for all outputs that share it.
    pub fn viewers(&self) -> BTreeSet<Viewer> {
        self.posts.iter().map(|post| post.viewer.clone()).collect()
    }

    /// Tells all outputs of a viewer. Never waits (OUT-2).
    pub fn tell(&self, viewer: &Viewer, told: &Told) {
        for post in self.posts.iter().filter(|post| post.viewer == *viewer) {
            post.inbox.put(told);
        }
    }

    /// How they are, in the order of the configuration.
    pub fn status(&self) -> Vec<Status> {
        self.posts.iter().map(|post| post.inbox.tally().status()).collect()
    }

    /// Lets them send what they still have, for so long, and ends them.
    pub async fn stop(&self, grace: Duration) {
        for post in &self.posts {
            post.inbox.close();
        }
        let until = tokio::time::Instant::now() + grace;
        for post in &self.posts {
            let task = post.task.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(mut task) = task
                && tokio::time::timeout_at(until, &mut task).await.is_err()
            {
                task.abort();
            }
        }
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        for post in &self.posts {
            post.inbox.close();
        }
    }
}

/// Runs an output, and again if it breaks: a fault in one must not silence it for good.
async fn keep_running(
    config: OutputConfig,
    setting: Setting,
    output: Box<dyn Output>,
    inbox: Inbox,
) {
    let mut output = Some(output);
    loop {
        let built = match output.take() {
            Some(output) => Ok(output),
            None => config.build(&setting),
        };
        match built {
            Ok(output) => {
                // A task of its own, so that a panic ends that task only. Aborted with this one.
                let mut task = AbortOnDrop(tokio::spawn(output.run(inbox.clone())));
                match (&mut task.0).await {
                    Ok(()) => return inbox.tally().ended(),
                    Err(fault) => inbox.tally().failed(&format!("the output broke: {fault}")),
                }
            }
            Err(error) => inbox.tally().failed(&error.to_string()),
        }
        tokio::time::sleep(RESTART_PAUSE).await;
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
