//! The one integration binary: the whole through its doors, the corpora, and the rules of the house.

mod harness;

mod api;
mod openapi;
mod conformance;
mod links;
mod tidy;
