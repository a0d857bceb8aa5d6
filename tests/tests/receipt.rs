//! The QR code of a receipt, read by a program that reads such codes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::machine::Machine;
use crate::machine::faults::add;
use crate::machine::terminal::at_a_terminal;

/// Where the picture has a square, `true` is dark.
type Squares = Vec<Vec<bool>>;

/// What is read in a picture.
fn read(folder: &Path, squares: &Squares) -> String {
    const PIXELS: usize = 4;
    let (width, height) = (squares[0].len() * PIXELS, squares.len() * PIXELS);
    let mut picture = format!("P1 {width} {height}\n");
    for row in squares {
        let wide = |dark: &bool| if *dark { "1 1 1 1 " } else { "0 0 0 0 " };
        let row: String = row.iter().map(wide).collect();
        picture.push_str(&row.repeat(PIXELS));
    }
    let path = folder.join("code.pbm");
    fs::write(&path, picture).unwrap();
    let mut zbarimg = Command::new("zbarimg");
    let output = zbarimg.args(["--quiet", "--raw"]).arg(&path).output();
    let output = output.expect("zbarimg, of zbar-tools, reads codes");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The squares of half blocks, of which each has two.
fn of_half_blocks(lines: &[&str]) -> Squares {
    let row = |line: &&str, dark: [char; 2]| line.chars().map(|c| dark.contains(&c)).collect();
    let rows = |line| [row(line, ['▀', '█']), row(line, ['▄', '█'])];
    lines.iter().flat_map(rows).collect()
}

/// The squares of a picture whose path has one after the other.
fn of_svg(page: &str) -> Squares {
    let (_, picture) = page.split_once("class=\"qr\"").unwrap();
    let (_, view) = picture.split_once("viewBox=\"").unwrap();
    let view: Vec<i64> = numbers(view.split_once('"').unwrap().0);
    let side = usize::try_from(view[2]).unwrap();
    let mut squares = vec![vec![false; side]; side];
    let (_, path) = picture.split_once("<path d=\"").unwrap();
    let path = path.split_once('"').unwrap().0;
    for square in path.split_terminator("h1v1h-1z") {
        let at = numbers(square.strip_prefix('M').unwrap());
        let place = |at: i64, from: i64| usize::try_from(at - from).unwrap();
        squares[place(at[1], view[1])][place(at[0], view[0])] = true;
    }
    squares
}

fn numbers(text: &str) -> Vec<i64> {
    let words = text.split(' ');
    words.map(|word| word.parse().unwrap()).collect()
}

#[test]
fn the_code_of_a_receipt_reads_as_the_receipt() {
    let machine = Machine::new();
    add(&machine, "work", 1);
    machine.backup("work");
    let plain = machine.ok(&["receipt"]);
    assert_eq!(plain.lines().count(), 1, "a program reads a line: {plain}");
    let receipt = plain.split(' ').next().unwrap().to_uppercase();
    let folder = machine.lab.scratch();

    let on_paper = machine.ok(&["receipt", "--qr"]);
    let (first, code) = on_paper.split_once('\n').unwrap();
    assert_eq!(first, plain.trim_end());
    assert!(!code.contains('\x1b'), "paper has no colours: {code}");
    let lines: Vec<&str> = code.lines().collect();
    assert_eq!(read(folder, &of_half_blocks(&lines)), receipt);

    let (done, shown) = at_a_terminal(&machine, "receipt", &[]);
    let mut lines = shown.lines();
    assert!(done && lines.next() == Some(plain.trim_end()), "{shown}");
    let coloured = |line| -> Option<&str> {
        let line = str::strip_prefix(line, "\x1b[30;107m")?;
        line.strip_suffix("\x1b[0m")
    };
    let lines: Option<Vec<&str>> = lines.map(coloured).collect();
    let lines = lines.expect("each line has its colours");
    assert_eq!(read(folder, &of_half_blocks(&lines)), receipt);

    let page = folder.join("page.html");
    machine.ok(&["status", "--html", page.to_str().unwrap()]);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains(&receipt.to_lowercase()), "{page}");
    assert_eq!(read(folder, &of_svg(&page)), receipt);
}
