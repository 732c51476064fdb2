//! What is answered stays, whatever fails: calls one by one, and thousands of steps with failures, crashes and clocks that jump.
//!
//! `faults` stands between the process and the disk, so nothing here knows which calls the store makes, nor in which order.

mod each_call;
mod machine;
mod outage;
mod rot;
mod shelf;
mod simulation;
