//! The server's end.

use std::{
    fs::Permissions, io::Result, os::unix::fs::PermissionsExt as _, path::Path, pin::pin, sync::Arc, time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::timeout,
};
use zeroize::Zeroizing;

use super::{MAX_REQUEST, OK, REFUSED, path};
use crate::{
    console::{self, Ink},
    hub::io::Secret,
    serve::Server,
};

/// How many requests are worked on at once. More wait in the system's queue.
const AT_ONCE: usize = 8;
/// How long a request may take to come in.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last answers may take when the server has ended.
const FAREWELL: Duration = Duration::from_secs(1);

/// A socket that is listened on. Its file stays behind: when the server has ended, another one may have made its own there
/// already.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
}

impl ControlSocket {
    /// Makes the socket of `data_dir`, which has to be locked by this process: a file that is there already is left over
    /// from an earlier one. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// The system's, for example when the path is longer than a socket's may be (about 100 bytes).
    pub fn open(data_dir: &Path) -> Result<Self> {
        let path = path(data_dir);
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        let listener = UnixListener::bind(&path)?;
        // Between these two lines the directory's own permissions protect it.
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(ControlSocket { listener })
    }

    /// Answers requests in the name of the operator, until the server has ended.
    pub async fn serve(self, server: Arc<Server>) {
        let mut requests = JoinSet::new();
        let mut ended = pin!(server.ended());
        loop {
            tokio::select! {
                _ = &mut ended => break,
                accepted = self.listener.accept(), if requests.len() < AT_ONCE => match accepted {
                    Ok((stream, _)) => {
                        requests.spawn(answer(stream, server.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the control socket takes no more requests");
                        return;
                    }
                },
                Some(_) = requests.join_next() => {}
            }
        }
        // Whoever asked for the end wants to hear of it.
        let _ = timeout(FAREWELL, requests.join_all()).await;
    }
}

async fn answer(mut stream: UnixStream, server: Arc<Server>) {
    let mut request = Zeroizing::new(String::new());
    let mut limited = (&mut stream).take(MAX_REQUEST);
    let read = limited.read_to_string(&mut request);
    if !matches!(timeout(PATIENCE, read).await, Ok(Ok(_))) {
        return;
    }
    let (line, password) = request.split_once('\n').unwrap_or((&request, ""));
    let password = Some(Secret::from(password.to_owned())).filter(|password| !password.is_empty());
    let answer = match console::obey(&server, line, password, Ink::PLAIN).await {
        Ok(done) => format!("{OK}{done}"),
        Err(refusal) => format!("{REFUSED}{refusal}"),
    };
    // Who asked may be gone; what was asked is done all the same.
    let _ = timeout(PATIENCE, stream.write_all(answer.as_bytes())).await;
}
