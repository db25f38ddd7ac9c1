//! Wording for people and programs: the only modules that do.
