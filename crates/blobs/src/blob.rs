//! Reading a blob: a stream of pieces, in constant memory whatever the size.

use crate::at_hand;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use tokio::task::spawn_blocking;

/// How much is read at once of what is in memory: little enough to be in the processor's cache still when it is sent.
const PIECE_BYTES: u64 = 64 << 10;

/// How much is read at once where a disk is waited for: 256 KiB, the best of those measured (dependencies.md, "Download").
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

/// The rest of a range, and how what is in memory is read.
struct Reader {
    file: File,
    rest: Range<u64>,
    at_hand: fn(&File, Range<u64>) -> Option<Bytes>,
}

impl Blob {
    /// Waits for the disk where it has to.
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        let content = match size_bytes {
            0..=READ_AT_OPENING_BYTES => Content::Read(read(&mut file, 0..size_bytes)?),
            _ => Content::Opened(file),
        };
        Ok(Self { content, size_bytes })
    }

    /// The same without waiting; `None` when the disk would have to be waited for.
    pub(crate) fn at_hand(file: File) -> Option<Self> {
        let size_bytes = file.metadata().ok()?.len();
        let content = match size_bytes {
            0 => Content::Read(Bytes::new()),
            1..=READ_AT_OPENING_BYTES => {
                let bytes = at_hand::read(&file, 0..size_bytes)?;
                (bytes.len() as u64 == size_bytes).then_some(Content::Read(bytes))?
            }
            _ => Content::Opened(file),
        };
        Some(Self { content, size_bytes })
    }

    /// Its size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The bytes of `range` in order. Nothing is read before the stream is polled, and none ahead.
    ///
    /// Errors: `UnexpectedEof` where the range reaches beyond the blob.
    pub fn stream(self, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        match self.content {
            Content::Read(bytes) => stream::iter(part(&bytes, range)).left_stream(),
            Content::Opened(file) => {
                let reader = Reader { file, rest: range, at_hand: at_hand::read };
                stream::unfold(Some(reader), next).right_stream()
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

/// The next piece; none follows an error.
async fn next(reader: Option<Reader>) -> Option<(io::Result<Bytes>, Option<Reader>)> {
    let mut reader = reader.filter(|reader| !reader.rest.is_empty())?;
    match (reader.at_hand)(&reader.file, begin(&reader.rest, PIECE_BYTES)) {
        Some(bytes) => Some((Ok(bytes.clone()), Some(reader.behind(&bytes)))),
        None => {
            let reading = spawn_blocking(move || {
                let bytes = read(&mut reader.file, begin(&reader.rest, READ_BYTES))?;
                Ok::<_, io::Error>((bytes.clone(), reader.behind(&bytes)))
            });
            match reading.await.map_err(io::Error::other).flatten() {
                Ok((bytes, reader)) => Some((Ok(bytes), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        }
    }
}

impl Reader {
    fn behind(mut self, bytes: &Bytes) -> Self {
        self.rest.start += bytes.len() as u64;
        self
    }
}

/// At most so many bytes of a range.
fn begin(range: &Range<u64>, bytes_max: u64) -> Range<u64> {
    range.start..range.end.min(range.start.saturating_add(bytes_max))
}

/// All bytes of a range.
fn read(file: &mut File, range: Range<u64>) -> io::Result<Bytes> {
    let capacity = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(capacity);
    file.seek(SeekFrom::Start(range.start))?;
    file.take(range.end - range.start).read_to_end(&mut bytes)?;
    if bytes.len() < capacity {
        return Err(too_short());
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;
    use rstest::rstest;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    const SIZE: u64 = 3 * READ_BYTES + 7;

    fn nothing(_: &File, _: Range<u64>) -> Option<Bytes> {
        None
    }

    /// As where some pages are in memory, and others are not.
    fn every_other(file: &File, range: Range<u64>) -> Option<Bytes> {
        let is_in_memory = (range.start / PIECE_BYTES).is_multiple_of(2);
        is_in_memory.then(|| at_hand::read(file, begin(&range, 1_000))).flatten()
    }

    #[rstest]
    #[case::whole(0..SIZE, Some(SIZE))]
    #[case::part(5..SIZE - 5, Some(SIZE - 10))]
    #[case::a_byte(SIZE - 1..SIZE, Some(1))]
    #[case::nothing(9..9, Some(0))]
    #[case::too_far(SIZE - 9..SIZE + 1, None)]
    #[case::beyond(SIZE + 1..SIZE + 2, None)]
    #[tokio::test]
    async fn a_range_is_read_whole_wherever_it_is(
        #[case] range: Range<u64>,
        #[case] expected: Option<u64>,
        #[values(at_hand::read, nothing, every_other)] at_hand: fn(&File, Range<u64>) -> Option<Bytes>,
    ) -> Outcome {
        let folder = tempfile::tempdir()?;
        let bytes: Vec<u8> = (0..SIZE).map(|at| u8::try_from(at % 251)).collect::<Result<_, _>>()?;
        std::fs::write(folder.path().join("blob"), &bytes)?;
        let reader = Reader { file: File::open(folder.path().join("blob"))?, rest: range.clone(), at_hand };
        let read = stream::unfold(Some(reader), next).try_collect::<Vec<Bytes>>().await;
        assert_eq!(read.as_ref().ok().map(|read| read.concat().len() as u64), expected, "{read:?}");
        if let Ok(read) = read {
            assert_eq!(read.concat(), bytes[usize::try_from(range.start)?..usize::try_from(range.end)?]);
        }
        Ok(())
    }
}
