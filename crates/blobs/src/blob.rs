//! Reading a blob: a stream of pieces, in constant memory whatever the size.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use tokio::task::{JoinHandle, spawn_blocking};

/// How much is read at once: 256 KiB, the best of those measured (dependencies.md, "Download").
const READ_BYTES: u64 = 256 << 10;

/// What is not larger is read where it is opened: configs and signatures, of which most requests for blobs are.
const READ_AT_OPENING_BYTES: u64 = 64 << 10;

/// A blob ready to be read. It stays readable even if it is removed meanwhile.
#[derive(Debug)]
pub struct Blob {
    content: Content,
    size_bytes: u64,
}

#[derive(Debug)]
enum Content {
    Opened(File),
    Read(Bytes),
}

/// The rest of a range, and the read that is under way.
struct Reader {
    rest_bytes: u64,
    reading: JoinHandle<io::Result<(File, Bytes)>>,
}

impl Blob {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        let content = match size_bytes {
            0..=READ_AT_OPENING_BYTES => Content::Read(read(file, size_bytes)?.1),
            _ => Content::Opened(file),
        };
        Ok(Self { content, size_bytes })
    }

    /// Its size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The bytes of `range` in order. Nothing is read before the stream is polled, and at most one piece ahead.
    ///
    /// Errors: `UnexpectedEof` where the range reaches beyond the blob.
    pub fn stream(self, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        match self.content {
            Content::Read(bytes) => stream::iter(part(&bytes, range)).left_stream(),
            Content::Opened(file) => {
                let start = stream::once(async move { Reader::begin(file, range) });
                start.flat_map(|reader| stream::unfold(reader, next)).right_stream()
            }
        }
    }
}

/// Nothing of an empty range.
fn part(bytes: &Bytes, range: Range<u64>) -> Option<io::Result<Bytes>> {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let (start, end) = (place(range.start), place(range.end));
    (start < end).then(|| if end <= bytes.len() { Ok(bytes.slice(start..end)) } else { Err(too_short()) })
}

fn too_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the blob is shorter than the range asked for")
}

impl Reader {
    fn begin(mut file: File, range: Range<u64>) -> Option<Self> {
        let rest_bytes = range.end.checked_sub(range.start).filter(|length| *length > 0)?;
        let first = READ_BYTES.min(rest_bytes);
        let reading = spawn_blocking(move || {
            file.seek(SeekFrom::Start(range.start))?;
            read(file, first)
        });
        Some(Self { rest_bytes: rest_bytes - first, reading })
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
        return Err(too_short());
    }
    Ok((file, bytes.into()))
}
