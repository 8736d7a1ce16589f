//! The reference solutions of the workbook, a module per chapter. Nothing before chapter 09 does I/O.

pub mod ch01_request_head;
pub mod ch02_response_writer;
pub mod ch03_connection;
pub mod ch04_keep_alive;
pub mod ch05_bodies;
pub mod ch06_limits;
pub mod ch07_time;
pub mod ch08_application;
pub mod ch09_shutdown;
