//! Peers, asked by us.

use crate::core::Core;
use crate::entity::{Kind, Reference, Told, assumed, checked};
use crate::http::{Sent, route};
use crate::model::{Details, Peer};
use crate::notify::exchange;
use deconflict_core::Volume4d;
use deconflict_intent::wire::{GetConstraintDetailsResponse, GetOperationalIntentDetailsResponse};
use reqwest::Method;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often a peer is asked again, and the pause before, doubled each time.
const AGAIN: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// Why there are no details.
enum NoDetails {
    /// There may be some in a moment.
    NotYet(String),
    /// There are none.
    Not(String),
    /// There is no answer, or none that could be read.
    Silent(String),
}

/// Who has not answered while several of theirs were asked for, and why.
#[derive(Default)]
struct Silent(Mutex<BTreeMap<String, String>>);

impl Silent {
    fn is(&self, base_url: &str, why: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(base_url.to_owned(), why.to_owned());
    }

    fn of(&self, base_url: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(base_url).cloned()
    }
}

impl Core {
    /// What these references of others are. The details of those whose version is new are asked for; of all if
    /// `anew`. `asked` is where they may be, of those who do not tell.
    pub(crate) async fn learn(
        self: &Arc<Self>,
        references: Vec<Reference>,
        asked: &Arc<Vec<Volume4d>>,
        anew: bool,
    ) -> Vec<Arc<Peer>> {
        let mut all = Vec::with_capacity(references.len());
        let mut asking = JoinSet::new();
        let silent = Arc::<Silent>::default();
        for reference in references {
            if !anew && let Some(known) = self.known(&reference) {
                all.push(known);
                continue;
            }
            let (core, asked) = (Arc::clone(self), Arc::clone(asked));
            let silent = Arc::clone(&silent);
            asking.spawn(async move {
                // The semaphore is never closed.
                let _turn = core.visiting.acquire().await;
                core.details(reference, &asked, &silent).await
            });
        }
        while let Some(peer) = asking.join_next().await {
            // A task that panics or is stopped tells nothing; the DSS then refuses the key.
            all.extend(peer.ok().flatten().map(Arc::new));
        }
        let now = self.host.now();
        self.change(|book| {
            for peer in &all {
                book.learn(peer, now, self.settings.most_peers);
            }
        });
        all
    }

    /// What is known of a reference already, if that is of its version.
    fn known(&self, reference: &Reference) -> Option<Arc<Peer>> {
        let known = self.book().peer(reference.id())?;
        let good = known.details == Details::Known
            && known.ovn.is_some()
            && known.version == reference.version()
            && known.manager == reference.manager();
        if !good {
            return None;
        }
        // Where to ask, and whether anybody is there, is for the DSS to say.
        let same = known.base_url == reference.base_url()
            && known.uss_availability == reference.presence();
        Some(if same {
            known
        } else {
            Arc::new(Peer {
                base_url: reference.base_url().to_owned(),
                uss_availability: reference.presence(),
                ..Peer::clone(&known)
            })
        })
    }

    /// Asks a peer for details. A reference may be at the DSS a moment before its manager knows it, and
    /// change while it is asked about: then it is asked again, after the DSS. Nothing if it is
    /// gone by then.
    async fn details(
        self: &Arc<Self>,
        mut reference: Reference,
        asked: &[Volume4d],
        silent: &Silent,
    ) -> Option<Peer> {
        for n in 0.. {
            // One that did not answer a moment ago is not waited for once more.
            if let Some(why) = silent.of(reference.base_url()) {
                return Some(assumed(&reference, asked, why));
            }
            let (why, again) = match self.ask_peer(&reference).await {
                Err(NoDetails::NotYet(why)) => (why, true),
                Err(NoDetails::Not(why)) => (why, false),
                Err(NoDetails::Silent(why)) => {
                    silent.is(reference.base_url(), &why);
                    (why, false)
                }
                Ok(told) => {
                    let other = told.reference().version() != reference.version();
                    match checked(&reference, told) {
                        Ok(peer) => return Some(peer),
                        Err(why) => (why, other),
                    }
                }
            };
            if !again || n >= AGAIN {
                return Some(assumed(&reference, asked, why));
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(n)).await;
            match self.reference(reference.kind(), reference.id()).await {
                Ok(Some(now)) => reference = now,
                Ok(None) => return None,
                Err(_) => return Some(assumed(&reference, asked, why)),
            }
        }
        None
    }

    async fn ask_peer(self: &Arc<Self>, reference: &Reference) -> Result<Told, NoDetails> {
        let (kind, id) = (reference.kind(), reference.id().to_string());
        let base = self.peer_base(reference.base_url()).map_err(NoDetails::Not)?;
        let url = route(&base, &["uss", "v1", kind.entities(), &id]).map_err(NoDetails::Not)?;
        let sent = self
            .send_with_token(kind.reading(), |bearer| Sent {
                bearer: Some(bearer),
                ..Sent::to(Method::GET, url.clone())
            })
            .await;
        let answer = sent.map_err(|unanswered| NoDetails::Silent(unanswered.reason))?;
        match answer.status {
            200 => {}
            404 => return Err(NoDetails::NotYet("it answers with 404".to_owned())),
            status => return Err(NoDetails::Not(format!("it answers with {status}"))),
        }
        let told = match kind {
            Kind::Intent => serde_json::from_slice(&answer.body)
                .map(|a: GetOperationalIntentDetailsResponse| Told::Intent(a.operational_intent)),
            Kind::Constraint => serde_json::from_slice(&answer.body)
                .map(|a: GetConstraintDetailsResponse| Told::Constraint(a.constraint)),
        };
        told.map_err(|why| {
            let why = format!("its answer is not what the standard has: {why}");
            // It cannot know unless it is told.
            let record = exchange(self, &url, "GET", None, Some(&answer), &why);
            self.report_to_peer(base, kind, record);
            NoDetails::Not(why)
        })
    }
}
