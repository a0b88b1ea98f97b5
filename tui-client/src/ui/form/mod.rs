//! The connect form: where to, who, and the password. It owns what is typed, says under each field what is wrong with it, and
//! hands over the filled form. It connects to nothing, and what is typed stays until the program ends or it is changed.

mod check;
mod field;
mod filled;
mod screen;

pub use check::{DISPLAY_MAX, PASSWORD_MAX, PASSWORD_MIN, USER_MIN};
pub use filled::{Defaults, Field, Filled, FormAction, Mode, SignUp};
pub use screen::FormScreen;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use ratatui::layout::{Position, Rect};
use zeroize::Zeroizing;

use self::field::LineEdit;
use crate::action::Edit;

/// The form.
pub struct Form {
    server: LineEdit,
    port: LineEdit,
    display: LineEdit,
    user: LineEdit,
    password: LineEdit,
    again: LineEdit,
    code: LineEdit,
    mode: Mode,
    focus: Field,
    revealed: bool,
    plain_text: bool,
    /// What was cut last.
    cut: Zeroizing<String>,
    /// Fields that were left once, or were looked at by Enter: from then on their errors are shown as errors.
    touched: BTreeSet<Field>,
    /// What the attempt to connect had to say, by field.
    refusals: BTreeMap<Field, String>,
    /// How hard to guess the password is; counted when it changes, as it takes a moment.
    strength: Option<(&'static str, bool)>,
    /// The steps done and the one under way, while connecting.
    steps: Option<Vec<String>>,
    // Where fields were drawn last, for the mouse.
    spots: RefCell<Vec<(Rect, Field)>>,
    cursor: Cell<Option<Position>>,
}

/// The port that klatchd listens on unless told otherwise.
const PORT: u16 = 23_791;

impl Form {
    /// A form that holds `defaults`, the focus on the first empty field.
    #[must_use]
    pub fn new(defaults: &Defaults) -> Self {
        let mut form = Form {
            server: LineEdit::new(&defaults.host),
            port: LineEdit::new(&defaults.port.unwrap_or(PORT).to_string()),
            display: LineEdit::new(&defaults.display),
            user: LineEdit::new(&defaults.user),
            password: LineEdit::new(""),
            again: LineEdit::new(""),
            code: LineEdit::new(&defaults.code),
            mode: defaults.mode,
            focus: Field::Server,
            revealed: false,
            plain_text: defaults.plain_text,
            cut: Zeroizing::default(),
            touched: BTreeSet::new(),
            refusals: BTreeMap::new(),
            strength: None,
            steps: None,
            spots: RefCell::default(),
            cursor: Cell::new(None),
        };
        form.focus_first_empty();
        form
    }

    /// Whether it is for a log-in or a sign-up.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The field in focus.
    #[must_use]
    pub fn focus(&self) -> Field {
        self.focus
    }

    /// Puts a sentence under a field, and the focus on it: what the attempt to connect had to say. It goes when the field
    /// is changed. The attempt is over with it.
    pub fn set_error(&mut self, field: Field, sentence: String) {
        self.steps = None;
        let field = if self.fields().contains(&field) { field } else { Field::Connect };
        self.refusals.insert(field, sentence);
        self.focus = field;
    }

    /// Says that an attempt to connect is under way, with the steps done and the one being done last, such as `found`,
    /// `TLS ok`, `signing in`. Until [`Form::stop`] or [`Form::set_error`] nothing in the form can be changed.
    pub fn set_steps(&mut self, steps: &[&str]) {
        self.steps = Some(steps.iter().map(|step| (*step).to_owned()).collect());
    }

    /// Says that no attempt is under way any more.
    pub fn stop(&mut self) {
        self.steps = None;
    }

    /// Whether an attempt is under way.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        self.steps.is_some()
    }

    /// Where the terminal's cursor belongs, as of the last drawing.
    #[must_use]
    pub fn cursor(&self) -> Option<Position> {
        self.cursor.get()
    }

    /// To the next field.
    pub fn next_field(&mut self) {
        self.step(1);
    }

    /// To the field before.
    pub fn previous_field(&mut self) {
        self.step(-1);
    }

    /// Log in instead of signing up, or the other way round. What was typed stays; the focus goes to the first field that
    /// is empty, unless it is above them all or on the choice itself.
    pub fn switch_mode(&mut self) {
        if self.is_connecting() {
            return;
        }
        self.mode = match self.mode {
            Mode::LogIn => Mode::SignUp,
            Mode::SignUp => Mode::LogIn,
        };
        self.changed(Field::Password);
        if !matches!(self.focus, Field::Server | Field::Port | Field::Mode) {
            self.focus_first_empty();
        }
    }

    /// Shows the passwords, or masks them again.
    pub fn reveal(&mut self) {
        self.revealed = !self.revealed;
    }

    /// Puts a typed or pasted text into the field in focus, its lines joined. In the choice between log-in and sign-up the
    /// space bar chooses.
    pub fn insert(&mut self, text: &str) {
        if self.is_connecting() {
            return;
        }
        let focus = self.focus;
        if let Some(line) = self.line_mut(focus) {
            line.insert(text);
            self.changed(focus);
        } else if focus == Field::Mode && text == " " {
            self.switch_mode();
        }
    }

    /// Edits the field in focus. In the choice between log-in and sign-up left and right choose.
    pub fn edit(&mut self, edit: Edit) {
        if self.is_connecting() {
            return;
        }
        let focus = self.focus;
        let mut cut = std::mem::take(&mut self.cut);
        let changed = self.line_mut(focus).is_some_and(|line| line.edit(edit, &mut cut));
        self.cut = cut;
        if changed {
            self.changed(focus);
        } else if focus == Field::Mode && matches!(edit, Edit::Left | Edit::Right) {
            self.switch_mode();
        }
    }

    /// Enter: leaves if that was typed, connects if all is well, or else goes to the first field that is not.
    pub fn submit(&mut self) -> FormAction {
        if self.is_connecting() {
            return FormAction::None;
        }
        let secret = |field: Field| matches!(field, Field::Password | Field::Again);
        let typed =
            |field: &Field| !secret(*field) && self.line(*field).is_some_and(|line| line.text().trim() == "exit()");
        if self.fields().iter().any(typed) {
            return FormAction::Quit;
        }
        self.split_server();
        self.touched.extend(self.fields());
        if let Some(bad) = self.fields().iter().find(|field| self.check(**field).is_err()) {
            self.focus = *bad;
            return FormAction::None;
        }
        self.refusals.clear();
        match check::port(self.port.text().trim()) {
            Ok(port) => FormAction::Submit(self.filled(port)),
            Err(_) => FormAction::None,
        }
    }

    /// Takes a click.
    pub fn click(&mut self, at: Position) -> FormAction {
        let spot = self.spots.borrow().iter().find(|(area, _)| area.contains(at)).copied();
        let Some((area, field)) = spot.filter(|_| !self.is_connecting()) else { return FormAction::None };
        match field {
            Field::Connect => {
                self.move_focus(field);
                return self.submit();
            }
            Field::Mode => {
                self.move_focus(field);
                self.switch_mode();
            }
            _ => {
                self.move_focus(field);
                let mask = self.mask(field, "•");
                if let Some(line) = self.line_mut(field) {
                    line.point(usize::from(at.x - area.x), mask);
                }
            }
        }
        FormAction::None
    }

    /// The fields that the form has in this mode, in the order of Tab.
    fn fields(&self) -> &'static [Field] {
        use Field::{Again, Code, Connect, Display, Mode as Which, Password, Port, Server, User};
        match self.mode {
            Mode::LogIn => &[Server, Port, Which, User, Password, Connect],
            Mode::SignUp => &[Server, Port, Which, Display, User, Password, Again, Code, Connect],
        }
    }

    fn line(&self, field: Field) -> Option<&LineEdit> {
        Some(match field {
            Field::Server => &self.server,
            Field::Port => &self.port,
            Field::Display => &self.display,
            Field::User => &self.user,
            Field::Password => &self.password,
            Field::Again => &self.again,
            Field::Code => &self.code,
            Field::Mode | Field::Connect => return None,
        })
    }

    fn line_mut(&mut self, field: Field) -> Option<&mut LineEdit> {
        Some(match field {
            Field::Server => &mut self.server,
            Field::Port => &mut self.port,
            Field::Display => &mut self.display,
            Field::User => &mut self.user,
            Field::Password => &mut self.password,
            Field::Again => &mut self.again,
            Field::Code => &mut self.code,
            Field::Mode | Field::Connect => return None,
        })
    }

    /// What stands for each character of this field, if it is not to be read over the shoulder.
    fn mask(&self, field: Field, mask: &'static str) -> Option<&'static str> {
        (!self.revealed && matches!(field, Field::Password | Field::Again)).then_some(mask)
    }

    /// What is wrong with what a field holds.
    fn check(&self, field: Field) -> Result<(), String> {
        let new = self.mode == Mode::SignUp;
        match field {
            Field::Server => check::host(self.server.text().trim()),
            Field::Port => check::port(self.port.text().trim()).map(drop),
            Field::Display => check::display(self.display.text().trim()),
            Field::User => check::user(self.user.text().trim(), if new { USER_MIN } else { 1 }),
            Field::Password => check::password(self.password.text(), if new { PASSWORD_MIN } else { 1 }),
            Field::Again => check::again(self.again.text(), self.password.text()),
            Field::Code | Field::Mode | Field::Connect => Ok(()),
        }
    }

    /// What was said of the old text is not true of the new one. Wrong details may be either of user name and password.
    fn changed(&mut self, field: Field) {
        self.refusals.remove(&field);
        self.refusals.remove(&Field::Connect);
        if matches!(field, Field::User | Field::Password) {
            self.refusals.remove(&Field::User);
            self.refusals.remove(&Field::Password);
        }
        if matches!(field, Field::User | Field::Password | Field::Display) {
            self.strength = (!self.password.is_empty() && self.mode == Mode::SignUp).then(|| self.measure());
        }
    }

    fn measure(&self) -> (&'static str, bool) {
        check::strength(self.password.text(), &[self.user.text(), self.display.text(), self.server.text()])
    }

    fn step(&mut self, by: isize) {
        if self.is_connecting() {
            return;
        }
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let next = (at + fields.len()).saturating_add_signed(by) % fields.len();
        // `next` is a remainder of the length.
        self.move_focus(fields[next]);
    }

    fn move_focus(&mut self, to: Field) {
        let left = self.focus;
        if left != to {
            self.touched.insert(left);
            if left == Field::Server {
                self.split_server();
            }
        }
        self.focus = to;
    }

    /// Moves a port typed behind the server's name to its own field.
    fn split_server(&mut self) {
        let parts = check::split_port(self.server.text().trim());
        if let Some((host, port)) = parts.map(|(host, port)| (host.to_owned(), port.to_owned())) {
            self.server.set(&host);
            self.port.set(&port);
            self.changed(Field::Port);
        }
    }

    fn focus_first_empty(&mut self) {
        let empty = |field: &&Field| self.line(**field).is_some_and(LineEdit::is_empty);
        self.focus = self.fields().iter().find(empty).copied().unwrap_or(Field::Connect);
    }

    fn filled(&self, port: u16) -> Filled {
        let user = self.user.text().trim().to_owned();
        let sign_up = (self.mode == Mode::SignUp).then(|| {
            let display = self.display.text().trim();
            let code = self.code.text().trim();
            SignUp {
                display: if display.is_empty() { user.clone() } else { display.to_owned() },
                code: (!code.is_empty()).then(|| Zeroizing::new(code.to_owned())),
            }
        });
        Filled {
            host: check::bare_v6(self.server.text().trim()).to_owned(),
            port,
            user,
            password: Zeroizing::new(self.password.text().to_owned()),
            sign_up,
        }
    }
}

#[cfg(test)]
mod tests;
