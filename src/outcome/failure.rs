//! Failures among outputs of any type: which output is an `Err`, and what it says.

use std::{
    any::{Any, type_name},
    collections::hash_map::DefaultHasher,
    error::Error,
    fmt,
    hash::{Hash, Hasher},
    io,
    mem::{Discriminant, discriminant},
};

/// Returns the text of an output that is an `Err`. An error of a type that is not known here shows its type alone: no
/// bound says that it can be shown.
pub(crate) fn failure<T: 'static>(output: &T) -> Option<String> {
    let known = known_failure(output);
    let unknown = || is_err(output).then(|| format!("an `Err` of `{}`", type_name::<T>()));
    known.or_else(unknown)
}

/// Returns whether the output is an `Err`, whatever its types are. Every `Result` has the same two variants, and the
/// number of a variant is all that a `Discriminant` hashes.
pub(crate) fn is_err<T>(output: &T) -> bool {
    type_name::<T>().starts_with("core::result::Result<")
        && hash(discriminant(output)) == hash(discriminant(&Err::<(), ()>(())))
}

fn hash<T>(discriminant: Discriminant<T>) -> u64 {
    let mut hasher = DefaultHasher::new(); // of constant keys
    discriminant.hash(&mut hasher);
    hasher.finish()
}

/// Returns the text of an `Err` of a type that many programs use, also as the output of a task that was joined.
fn known_failure(output: &dyn Any) -> Option<String> {
    shown::<io::Error>(output)
        .or_else(|| shown::<Box<dyn Error + Send + Sync>>(output))
        .or_else(|| shown::<Box<dyn Error>>(output))
        .or_else(|| shown::<io::ErrorKind>(output))
        .or_else(|| shown::<String>(output))
        .or_else(|| shown::<&str>(output))
        .or_else(|| shown::<fmt::Error>(output))
        .or_else(|| shown::<()>(output))
}

fn shown<E: fmt::Debug + 'static>(output: &dyn Any) -> Option<String> {
    let error = output.downcast_ref::<Result<(), E>>().and_then(|result| result.as_ref().err());
    #[cfg(feature = "tokio")]
    let error = error.or_else(|| {
        let joined = output.downcast_ref::<Result<Result<(), E>, tokio::task::JoinError>>()?;
        joined.as_ref().ok()?.as_ref().err()
    });
    error.map(|error| format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[derive(Debug)]
    struct Own;

    #[test]
    fn an_err_of_any_type_is_known_as_one() {
        assert!(is_err(&Err::<u32, _>(Own)));
        assert!(is_err(&Err::<Infallible, _>("no answer")));
        assert!(is_err(&Err::<Box<u8>, Box<u8>>(Box::new(1))));
        assert!(is_err(&Err::<Result<(), Own>, ()>(())));
        assert!(is_err(&Err::<(), ()>(())));
    }

    #[test]
    fn nothing_else_is_an_err() {
        assert!(!is_err(&Ok::<u32, Own>(1)));
        assert!(!is_err(&Ok::<_, Own>(Err::<(), _>(Own))));
        assert!(!is_err(&Ok::<(), Infallible>(())));
        assert!(!is_err(&Some(1)));
        assert!(!is_err(&std::ops::ControlFlow::<u8, u8>::Break(1)));
        assert!(!is_err(&()));
    }

    #[test]
    fn the_error_is_shown_where_its_type_is_known() {
        assert_eq!(failure(&Err::<(), _>("no answer")).as_deref(), Some("\"no answer\""));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(failure(&Err::<(), _>(refused)).as_deref(), Some("Kind(ConnectionRefused)"));
        let own = "an `Err` of `core::result::Result<(), unplugged::outcome::failure::tests::Own>`";
        assert_eq!(failure(&Err::<(), _>(Own)).as_deref(), Some(own));
        assert_eq!(failure(&Ok::<(), Own>(())), None);
        #[cfg(feature = "tokio")]
        assert_eq!(
            failure(&Ok::<_, tokio::task::JoinError>(Err::<(), _>("failed"))).as_deref(),
            Some("\"failed\"")
        );
    }
}
