//! Where random bytes come from.

use model::password::{Password, Salt};
use zeroize::Zeroizing;

/// Gives random bytes. Tests hand in a seeded one, so that they repeat.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's random source, stretched by AWS-LC's generator. Ends the process when it gives nothing: whatever would
/// be made without it, a password or a key, could be guessed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("the operating system gives no random bytes: stopping");
            std::process::abort();
        }
    }
}

/// A new GUID, such as `9e223dbe-3399-4e19-88eb-0975f02ac87f`.
pub(crate) fn guid(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// A new password.
pub(crate) fn password(random: &dyn Random) -> Password {
    let mut entropy = Zeroizing::new([0; 32]);
    random.fill(entropy.as_mut());
    Password::from_entropy(*entropy)
}

/// A new salt for a derived password.
pub(crate) fn salt(random: &dyn Random) -> Salt {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    Salt::new(bytes)
}
