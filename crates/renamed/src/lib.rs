//! A user of `unplugged` who calls it by another name, and whose own names are those that a macro might use; holds
//! tests only.
