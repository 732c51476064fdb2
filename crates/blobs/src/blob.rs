//! Reading a blob: a stream of pieces, in constant memory whatever the size.

use bytes::Bytes;
use futures_util::{Stream, stream};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use tokio::task::{JoinHandle, spawn_blocking};

/// How much is read at once: 256 KiB, the best of those measured (dependencies.md, "Download").
const READ_BYTES: u64 = 256 << 10;

/// A blob ready to be read. It stays readable even if it is removed meanwhile.
#[derive(Debug)]
pub struct Blob {
    file: File,
    size_bytes: u64,
}

/// The rest of a range, and the read that is under way.
struct Reader {
    rest_bytes: u64,
    reading: JoinHandle<io::Result<(File, Bytes)>>,
}

impl Blob {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        Ok(Self { file, size_bytes })
    }

    /// Its size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The bytes of `range` in order. Nothing is read before the stream is polled, and at most one piece ahead.
    ///
    /// Errors: `UnexpectedEof` where the range reaches beyond the blob.
    pub fn stream(self, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let start = stream::once(async move { self.begin(range) });
        futures_util::StreamExt::flat_map(start, |reader| stream::unfold(reader, next))
    }

    fn begin(self, range: Range<u64>) -> Option<Reader> {
        let rest_bytes = range.end.checked_sub(range.start).filter(|length| *length > 0)?;
        let mut file = self.file;
        let first = READ_BYTES.min(rest_bytes);
        let reading = spawn_blocking(move || {
            file.seek(SeekFrom::Start(range.start))?;
            read(file, first)
        });
        Some(Reader { rest_bytes: rest_bytes - first, reading })
    }
}

async fn next(reader: Option<Reader>) -> Option<(io::Result<Bytes>, Option<Reader>)> {
    let Reader { rest_bytes, reading } = reader?;
    match reading.await.map_err(io::Error::other).flatten() {
        Ok((file, bytes)) => {
            let following = READ_BYTES.min(rest_bytes);
            let reader = (following > 0).then(|| Reader {
                rest_bytes: rest_bytes - following,
                reading: spawn_blocking(move || read(file, following)),
            });
            Some((Ok(bytes), reader))
        }
        Err(error) => Some((Err(error), None)),
    }
}

fn read(mut file: File, length: u64) -> io::Result<(File, Bytes)> {
    let capacity = usize::try_from(length).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(capacity);
    (&mut file).take(length).read_to_end(&mut bytes)?;
    if bytes.len() < capacity {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the blob is shorter than the range asked for"));
    }
    Ok((file, bytes.into()))
}
