//! Everything that touches disk, index and operating-system events. Synchronous; these modules do not know each other.

pub mod vault;
pub mod watch;
pub mod index;
pub mod intents;
pub mod receipts;
pub mod outbox;
pub mod checkout;
pub mod deliveries;
pub mod pull_requests;
pub mod forge;
pub mod git;
