//! The reference solutions of the workbook, a module per chapter. Nothing here does I/O.

pub mod ch01_request_head;
pub mod ch02_response_writer;
