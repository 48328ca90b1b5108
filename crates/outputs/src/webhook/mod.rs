//! Changes of alerts, warnings and feeds, posted as signed JSON.

mod config;
mod delivery;
mod lanes;
mod retry;
mod sign;

pub use config::{WebhookConfig, WebhookEvent};
pub(crate) use delivery::Webhook;
pub use sign::signature;
