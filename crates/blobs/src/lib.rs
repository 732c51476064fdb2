//! Bytes: blobs by their digest, and uploads in progress, in folders of a filesystem.
//!
//! Whatever is a blob here is whole, is what its digest says and survives a loss of power. Knows nothing of repositories, of
//! metadata, of HTTP and of who may read: it keeps and gives bytes by name.

mod at_hand;
mod blob;
mod error;
mod folders;
mod gates;
mod paths;
mod removal;
mod store;
mod upload;
mod upload_id;
mod verification;
mod walk;

pub use blob::Blob;
pub use error::Error;
pub use removal::{Removal, Removed};
pub use store::Store;
pub use upload::{Appended, Kept, Unfinished};
pub use upload_id::{InvalidUploadId, UploadId};
pub use verification::Condition;
pub use walk::{BlobWalk, FoundBlob, RestingUpload, UploadWalk};
