//! What an agent is given to read within a budget of tokens: what a text costs, what of it is shown, what repeats another, and what fits.
//! Pure; must not know where texts come from nor what they are for.

pub mod likeness;
pub mod pack;
pub mod shown;
pub mod tokens;
