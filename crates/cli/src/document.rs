//! An organisation's document as text: one role, user, record or deal on a line, so that a diff
//! shows what changed and an editor can open it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sidelight_governance::Org;
use tempfile::NamedTempFile;

/// Writes the document of an organisation, with a line end after the last line.
///
/// # Errors
/// Only those of the writer.
pub fn write(org: &Org, mut to: impl Write) -> io::Result<()> {
    org.serialize(&mut Serializer::with_formatter(
        &mut to,
        LinePerItem {
            depth: 0,
            empty: true,
        },
    ))?;
    to.write_all(b"\n")
}

/// The document's members, and the items of its lists, begin a line; what is inside them stays on it.
struct LinePerItem {
    depth: usize,
    /// Whether the bracket opened last has nothing in it so far.
    empty: bool,
}

impl LinePerItem {
    /// The document itself is depth 1, a list in it depth 2.
    const DEEPEST: usize = 2;

    fn open<W: Write + ?Sized>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        to.write_all(bracket)
    }

    fn line<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            to.write_all(b",")?;
        }
        if self.depth <= Self::DEEPEST {
            to.write_all(b"\n")?;
            to.write_all(b"  ".repeat(self.depth).as_slice())
        } else if first {
            Ok(())
        } else {
            to.write_all(b" ")
        }
    }

    fn close<W: Write + ?Sized>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        let empty = std::mem::take(&mut self.empty);
        if self.depth < Self::DEEPEST && !empty {
            to.write_all(b"\n")?;
            to.write_all(b"  ".repeat(self.depth).as_slice())?;
        }
        to.write_all(bracket)
    }
}

impl Formatter for LinePerItem {
    fn begin_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.line(to, first)
    }

    fn end_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.line(to, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }

    fn end_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }
}

/// A file that is written in full beside its place, to be put there in one step.
///
/// Whoever opens the place finds the old file or the new one, whenever the process ends.
pub(crate) struct Staged {
    place: PathBuf,
    /// `None` where the place is no plain file, such as `/dev/stdout`, and was written to directly.
    file: Option<NamedTempFile>,
}

impl Staged {
    /// Writes the bytes beside the place.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn new(place: &Path, bytes: &[u8]) -> io::Result<Self> {
        let mut staged = Self {
            place: place.to_owned(),
            file: None,
        };
        if place.metadata().is_ok_and(|place| !place.is_file()) {
            OpenOptions::new()
                .write(true)
                .open(place)?
                .write_all(bytes)?;
            return Ok(staged);
        }
        let directory = match place.parent() {
            Some(directory) if directory != Path::new("") => directory,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any new file: what the umask leaves of it, not the secrecy of a temporary one.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        directory.metadata()?;
        let file = builder.prefix(".sidelight-").tempfile_in(directory);
        // Its message would name the file beside the place, which nobody chose.
        let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
        if let Ok(replaced) = place.metadata() {
            // What was kept private stays so.
            file.as_file().set_permissions(replaced.permissions())?;
        }
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        staged.file = Some(file);
        Ok(staged)
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Those of the file system; the place is then as it was.
    pub(crate) fn put(self) -> io::Result<()> {
        match self.file {
            Some(file) => file
                .persist(&self.place)
                .map(drop)
                .map_err(|error| error.error),
            None => Ok(()),
        }
    }
}
