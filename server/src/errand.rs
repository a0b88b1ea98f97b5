//! What klatchd does besides serving: asking one that runs, and making accounts and backups for one that does not.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use klatch_protocol::sanitize::clean_line;
use zeroize::Zeroizing;

use crate::{
    cli::{AccountCommand, Arguments, Command},
    clock,
    config::{self, File},
    console::{self, Ink},
    control::{self, ControlError},
    daemon::{Fault, settings},
    data_dir::DataDir,
    hub::io::Secret,
    log, secret,
    serve::{Server, StartError, Stop, Storage, backed_up},
    store::{BackupError, Existing, Sqlite},
};

/// The most bytes of a password on standard input.
const MAX_PASSWORD: u64 = 4096;

/// Does what `command` says and shows what came of it.
///
/// # Errors
/// [`Fault`] says why it was not done.
pub fn run(arguments: &Arguments, command: &Command, file: &File) -> Result<(), Fault> {
    // Never in memory: an errand is about what is kept.
    let Storage::Folder(folder) = config::storage(arguments.data.as_deref(), file)? else { return Ok(()) };
    let answer = match command {
        Command::Ctl { words } => {
            let line = words.join(" ");
            match console::backup_of(&line) {
                // Names are those of the folder that this was typed in.
                Some((file, existing)) => ask_for_backup(&folder, &file, existing)?,
                None => control::ask(&folder, &line, None)?,
            }
        }
        Command::Backup { force, file } => {
            let existing = if *force { Existing::Replace } else { Existing::Keep };
            match ask_for_backup(&folder, file, existing) {
                Err(Fault::Control(ControlError::NotRunning(_))) => back_up_alone(&folder, file, existing)?,
                asked => asked?,
            }
        }
        Command::Restore { file } => restore(&folder, file)?,
        Command::Account(AccountCommand::Add { password_stdin, name }) => {
            if name.contains(char::is_whitespace) {
                return Err(ControlError::Refused(format!("a user name is one word, `{name}` is not")).into());
            }
            let password = if *password_stdin { Some(password_from_stdin()?) } else { None };
            let line = format!("account add {name}");
            match control::ask(&folder, &line, password.as_ref()) {
                Err(ControlError::NotRunning(_)) => alone(arguments, file, &folder, &line, password)?,
                asked => asked?,
            }
        }
    };
    // A reader that is gone wants to know nothing.
    let _ = writeln!(std::io::stdout(), "{answer}");
    Ok(())
}

fn ask_for_backup(folder: &Path, file: &Path, existing: Existing) -> Result<String, Fault> {
    let file = std::path::absolute(file)?;
    let line = console::backup_line(&file, existing).ok_or_else(|| {
        let name = clean_line(&file.to_string_lossy()).into_owned();
        ControlError::Refused(format!("the name {name} cannot be told to a running klatchd; choose a plainer one"))
    })?;
    Ok(control::ask(folder, &line, None)?)
}

fn back_up_alone(folder: &Path, file: &Path, existing: Existing) -> Result<String, Fault> {
    let database = DataDir::database_of(folder);
    if !database.exists() {
        // Locking the folder would make it.
        return Err(BackupError::Missing(database).into());
    }
    let _lock = DataDir::open(folder)?;
    let size = Sqlite::backup(&database, file, existing, &Arc::default())?;
    Ok(backed_up(file, size))
}

fn restore(folder: &Path, file: &Path) -> Result<String, Fault> {
    let data_dir = DataDir::open(folder)?;
    let epoch = secret::number().map_err(StartError::Chance)?;
    let aside = Sqlite::restore(file, &data_dir.database(), clock::wall(), epoch)?;
    let restored = format!("{} was restored from {}.", data_dir.database().display(), file.display());
    Ok(match aside {
        Some(aside) => format!("{restored} The old one is kept as {}.", aside.display()),
        None => restored,
    })
}

/// A whole server without a door, for as long as it takes.
fn alone(
    arguments: &Arguments,
    file: &File,
    folder: &Path,
    line: &str,
    password: Option<Secret>,
) -> Result<String, Fault> {
    log::start(file.log.filter.as_deref(), "warn", file.log.format).map_err(Fault::Log)?;
    let mut settings = settings(arguments, file, Vec::new())?;
    settings.listen.clear();
    settings.storage = Storage::Folder(folder.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(settings).await?;
        let answer = console::obey(&server, line, password, Ink::PLAIN).await;
        server.stop(Stop::Restart).await?;
        answer.map_err(|refusal| ControlError::Refused(refusal).into())
    })
}

/// All of standard input, without the end of line that most programs put behind it.
fn password_from_stdin() -> Result<Secret, Fault> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().lock().take(MAX_PASSWORD).read_to_string(&mut text)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::from(password.strip_suffix('\r').unwrap_or(password).to_owned()))
}
