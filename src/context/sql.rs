//! The first word of an SQL statement: all that is told of it.

/// The words that are told. Any other may be a secret, or noise.
#[rustfmt::skip]
const WORDS: [&str; 61] = [
    "ABORT", "ALTER", "ANALYZE", "BACKUP", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMENT", "COMMIT", "COPY",
    "CREATE", "DBCC", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DESCRIBE", "DISCARD", "DO", "DROP", "END", "EXEC", "EXECUTE",
    "EXPLAIN", "FETCH", "FLUSH", "GRANT", "HANDLER", "INSERT", "KILL", "LISTEN", "LOAD", "LOCK", "MERGE", "NOTIFY",
    "OPTIMIZE", "PREPARE", "REFRESH", "REINDEX", "RELEASE", "REPLACE", "RESET", "RESTORE", "REVOKE", "ROLLBACK", "SAVEPOINT",
    "SELECT", "SET", "SHOW", "START", "TABLE", "TRUNCATE", "UNLISTEN", "UPDATE", "USE", "VACUUM", "VALUES", "WAITFOR", "WITH",
];

/// The first word of a statement, after comments and brackets.
pub fn first_word(statement: &[u8]) -> Option<&'static str> {
    let mut rest = statement.trim_ascii_start();
    loop {
        let after = match rest {
            [b'(' | b';', after @ ..] => after,
            [b'/', b'*', after @ ..] => after.get(after.windows(2).position(|end| end == b"*/")? + 2..)?,
            [b'-', b'-', after @ ..] => after.get(after.iter().position(|end| *end == b'\n')? + 1..)?,
            _ => break,
        };
        rest = after.trim_ascii_start();
    }
    let length = rest.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
    let word = rest.get(..length)?;
    WORDS.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(word))
}
