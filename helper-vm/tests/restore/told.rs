//! What stock tools say of a tree, to compare one with another.

use crate::parts::noise;
use crate::volume::image::tool;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;

/// Everything that stock tools say of a tree but where its holes are.
pub fn told(tree: &Path) -> String {
    let script = "find . -mindepth 1 -path ./lost+found -prune -o \
        \\( -type d -printf '%P %M %U %G %T@\\n' -o -printf '%P %M %U %G %T@ %s %l\\n' \\) | sort
        find . -mindepth 1 \\( -type b -o -type c \\) -exec stat -c '%n %Hr %Lr' {} + | sort
        find . -type f -exec sha256sum {} + | sort
        getfattr --recursive --physical --no-dereference --dump --match=- --encoding=hex . | \
            awk 'BEGIN { RS = \"\" } !/file: lost/ { gsub(\"\\n\", \" \"); print }' | sort";
    let output = tool("sh").args(["-c", script]).current_dir(tree).output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "", "{}", tree.display());
    String::from_utf8(output.stdout).unwrap()
}

/// The same of an image, which the kernel mounts.
pub fn told_of_image(image: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mount = |words: &[&str]| tool(words[0]).args(&words[1..]).status().unwrap();
    let (from, to) = (image.to_str().unwrap(), folder.path().to_str().unwrap());
    assert!(mount(&["mount", "-o", "loop,ro", from, to]).success());
    let told = told(folder.path());
    assert!(mount(&["umount", to]).success());
    told
}

pub fn run(script: &str, folder: &Path) {
    let status = tool("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success(), "{script}");
}

/// A tree with one of everything.
pub fn fill(tree: &Path) {
    let user = tree.join("home/user");
    fs::create_dir_all(user.join("Documents")).unwrap();
    fs::create_dir(user.join("many")).unwrap();
    for number in 0..3000 {
        fs::write(
            user.join(format!("many/a file of that number: {number}")),
            [7; 10],
        )
        .unwrap();
    }
    fs::write(user.join("big"), noise(9, 5_000_000)).unwrap();
    fs::write(user.join("empty"), b"").unwrap();
    fs::hard_link(user.join("big"), user.join("Documents/also big")).unwrap();
    symlink("../big", user.join("Documents/link")).unwrap();
    symlink("/nowhere", user.join("Documents/dangling")).unwrap();
    fs::write(user.join("Documents/of root"), b"secret").unwrap();
    let only_root = fs::Permissions::from_mode(0o4600);
    fs::set_permissions(user.join("Documents/of root"), only_root).unwrap();
    let sparse = File::create(user.join("sparse")).unwrap();
    sparse.set_len(200 << 20).unwrap();
    sparse
        .write_all_at(b"in the middle", (100 << 20) + 5)
        .unwrap();
    run(
        "cd home/user
        mknod block b 8 300; mknod char c 1 3; mkfifo pipe
        setfattr -n user.note -v 'some text' Documents
        setfattr -n user.note -v '' big
        setfacl -m u:1000:r big
        chown 1000:1000 . many Documents
        touch -d 1931-02-03T04:05:06.789 empty
        touch -d 2301-02-03T04:05:06.789 many",
        tree,
    );
}
