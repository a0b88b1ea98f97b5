//! The question a server asks when it is started on a terminal without an address: whom to serve.

use std::{
    io::{self, BufRead, Write},
    net::{Ipv4Addr, SocketAddr},
};

use klatch_protocol::sanitize::clean_line;

use crate::config::PORT;

/// What the operator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Serve this address.
    Listen(SocketAddr),
    /// Not to start.
    Leave,
}

/// Asks until there is an answer. `lan` is the address found for the local network; without one it is asked for.
///
/// # Errors
/// Those of the terminal. The end of `input` is [`Choice::Leave`].
pub fn ask(input: &mut impl BufRead, output: &mut impl Write, lan: Option<Ipv4Addr>) -> io::Result<Choice> {
    let found = lan.map_or_else(|| "you will be asked for it".to_owned(), |ip| ip.to_string());
    writeln!(output, "Whom should this server serve?")?;
    writeln!(output, "  [1] localhost    this machine only")?;
    writeln!(output, "  [2] local IPv4   everybody in your network ({found})")?;
    writeln!(output, "  exit() leaves")?;
    loop {
        match prompt(input, output, "1 or 2: ")?.as_deref() {
            None => return Ok(Choice::Leave),
            Some("1") => return Ok(listen(Ipv4Addr::LOCALHOST)),
            Some("2") => break,
            Some(other) => writeln!(output, "`{}` is neither 1 nor 2 (exit() leaves)", clean_line(other))?,
        }
    }
    if let Some(ip) = lan {
        return Ok(listen(ip));
    }
    writeln!(output, "The address of this machine was not found.")?;
    loop {
        let Some(text) = prompt(input, output, "its IPv4 address: ")? else { return Ok(Choice::Leave) };
        match text.parse() {
            Ok(ip) => return Ok(listen(ip)),
            Err(_) => {
                let text = clean_line(&text);
                writeln!(output, "`{text}` is no IPv4 address, which looks like 192.168.1.5 (exit() leaves)")?;
            }
        }
    }
}

fn listen(ip: Ipv4Addr) -> Choice {
    Choice::Listen(SocketAddr::from((ip, PORT)))
}

/// What was typed, without blanks around it; `None` for leaving.
fn prompt(input: &mut impl BufRead, output: &mut impl Write, question: &str) -> io::Result<Option<String>> {
    write!(output, "{question}")?;
    output.flush()?;
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()).filter(|answer| answer != "exit()"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &str, lan: Option<[u8; 4]>) -> (Choice, String) {
        let mut output = Vec::new();
        let choice = ask(&mut typed.as_bytes(), &mut output, lan.map(Ipv4Addr::from)).unwrap();
        (choice, String::from_utf8(output).unwrap())
    }

    #[test]
    fn each_answer_leads_somewhere() {
        let here = Choice::Listen("127.0.0.1:23791".parse().unwrap());
        let there = Choice::Listen("192.168.1.5:23791".parse().unwrap());
        assert_eq!(answer("1\n", None).0, here);
        assert_eq!(answer("2\n", Some([192, 168, 1, 5])).0, there);
        assert_eq!(answer("exit()\n", None).0, Choice::Leave);
        assert_eq!(answer("", None).0, Choice::Leave);
        let (choice, said) = answer(" 3\u{1b}[2J \n 1 \n", None);
        assert_eq!(choice, here);
        assert!(said.contains("is neither 1 nor 2") && !said.contains('\u{1b}'), "{said}");
    }

    #[test]
    fn an_address_that_was_not_found_is_asked_for() {
        let (choice, said) = answer("2\n192.168.1\n10.0.0.7\n", None);
        assert_eq!(choice, Choice::Listen("10.0.0.7:23791".parse().unwrap()));
        assert!(said.contains("`192.168.1` is no IPv4 address"), "{said}");
        assert_eq!(answer("2\nexit()\n", None).0, Choice::Leave);
    }
}
