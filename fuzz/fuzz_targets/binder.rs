#![no_main]
#![doc = "Fuzzes [`portcullis_fuzz::command::binder`], which says what an input is."]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| portcullis_fuzz::command::binder(data));
