//! Files: `open PATH MODE [c][n][t]`, `close H`, `read H N`, `write H TEXT` and so
//! on, each after the function that it calls.

use crate::airssys::ext_filesystem::types::*;
use crate::airssys::ext_filesystem::{filesystem as fs, metadata};
use crate::{done, outcome, shown, Args};

pub fn run(verb: &str, a: &Args) -> Option<String> {
    Some(match verb {
        "open" => shown(fs::open(&a.text(0), options(&a.text(1), &a.text(2)))),
        "close" => done(fs::close(a.number(0))),
        "read" => outcome(fs::read(a.number(0), a.number(1)), |r| {
            format!("{} {}", r.bytes_read, String::from_utf8_lossy(&r.data))
        }),
        "write" => outcome(fs::write(a.number(0), a.rest(1).as_bytes()), |r| r.bytes_written.to_string()),
        "seek" => shown(fs::seek(a.number(0), a.number(1))),
        "tell" => shown(fs::tell(a.number(0))),
        "rm" => done(fs::delete_file(&a.text(0))),
        "mkdir" => done(fs::create_directory(&a.text(0), mode(&a.text(1)))),
        "rmdir" => done(fs::remove_directory(&a.text(0))),
        "rmall" => done(fs::remove_directory_recursive(&a.text(0))),
        "mv" => done(fs::rename(&a.text(0), &a.text(1))),
        "cp" => done(fs::copy(&a.text(0), &a.text(1))),
        "exists" => fs::exists(&a.text(0)).to_string(),
        "stat" => outcome(fs::get_metadata(&a.text(0)), stat),
        "chmod" => done(fs::set_permissions(&a.text(0), mode(&a.text(1)))),
        "symlink" => done(fs::create_symlink(&a.text(0), &a.text(1))),
        "readlink" => shown(fs::read_symlink(&a.text(0))),
        "ls" => outcome(metadata::list_directory(&a.text(0)), |l| {
            format!("{} {}: {}", l.directory_path, l.entry_count, names(l.entries))
        }),
        "tree" => outcome(metadata::list_recursive(&a.text(0), a.number(1)), names),
        "find" => outcome(metadata::find_files(&a.text(0), &a.text(1)), |l| l.join(" ")),
        "type" => outcome(metadata::find_by_type(&a.text(0), file_type(&a.text(1))), |l| l.join(" ")),
        "size" => shown(metadata::directory_size(&a.text(0))),
        "same" => shown(metadata::same_file(&a.text(0), &a.text(1))),
        "canon" => shown(metadata::canonical_path(&a.text(0))),
        "batch" => outcome(metadata::batch_metadata(&a.list(0)), |l| {
            l.into_iter().map(stat).collect::<Vec<_>>().join("; ")
        }),
        "all" => metadata::all_exist(&a.list(0)).to_string(),
        "any" => metadata::any_exist(&a.list(0)).to_string(),
        "times" => done(metadata::set_times(&a.text(0), a.number(1), a.number(2))),
        "cwd" => shown(metadata::get_working_directory()),
        "cd" => done(metadata::set_working_directory(&a.text(0))),
        _ => return None,
    })
}

fn options(mode: &str, flags: &str) -> FileOpenOptions {
    FileOpenOptions {
        mode: match mode {
            "w" => OpenMode::Write,
            "rw" => OpenMode::ReadWrite,
            "a" => OpenMode::Append,
            _ => OpenMode::Read,
        },
        create: flags.contains('c'),
        create_new: flags.contains('n'),
        truncate: flags.contains('t'),
    }
}

fn mode(octal: &str) -> FilePermissions {
    FilePermissions { mode: u32::from_str_radix(octal, 8).unwrap_or(0o755) }
}

fn stat(m: FileMetadata) -> String {
    format!("{} {:?} {} {:o} {}", m.path, m.file_type, m.size, m.permissions.mode, m.modified_time)
}

fn names(entries: Vec<DirectoryEntry>) -> String {
    let all: Vec<String> = entries.iter().map(|e| format!("{} {:?}", e.name, e.entry_type)).collect();
    all.join(", ").replace("FileType::", "")
}

fn file_type(name: &str) -> FileType {
    match name {
        "directory" => FileType::Directory,
        "symlink" => FileType::Symlink,
        "fifo" => FileType::Fifo,
        _ => FileType::Regular,
    }
}
