//! A cell of the benchmark: a name, and what a process of its own does for it.

use std::fmt;

use crate::report::Row;

/// The option for the short form of every cell.
pub const SHORT: &str = "--short";

/// How a process runs its cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Fewer steps, so that all cells take less than a minute.
    pub is_short: bool,
}

impl Run {
    /// One number for the long form, the other for the short form.
    #[must_use]
    pub fn pick<T>(self, long: T, short: T) -> T {
        if self.is_short { short } else { long }
    }
}

/// Measures, and returns the figures.
type Rows = Box<dyn Fn(&Run) -> Result<Vec<Row>, String>>;

/// The resident bytes at each sample of a run without patterns.
type Residents = Box<dyn Fn(&Run) -> Result<Vec<usize>, String>>;

/// A named piece of the benchmark.
pub struct Cell {
    /// Its name, parts separated by slashes.
    pub name: String,
    /// Whether its figures depend on the allocator. If not, it runs under the system's allocator alone.
    pub is_of_allocator: bool,
    /// Whether its figures are times. If not, other cells may run at the same time.
    pub is_timed: bool,
    rows: Rows,
    residents: Option<Residents>,
}

impl Cell {
    /// A cell whose figures are bytes.
    pub fn of_bytes(
        name: String,
        rows: impl Fn(&Run) -> Result<Vec<Row>, String> + 'static,
    ) -> Cell {
        Cell {
            name,
            is_of_allocator: true,
            is_timed: false,
            rows: Box::new(rows),
            residents: None,
        }
    }

    /// A cell whose figures are times.
    pub fn of_times(name: String, rows: impl Fn(&Run) -> Vec<Row> + 'static) -> Cell {
        Cell {
            is_timed: true,
            ..Cell::of_bytes(name, move |run| Ok(rows(run)))
        }
    }

    /// The cell, with what its twin without patterns does.
    #[must_use]
    pub fn with_twin(
        mut self,
        residents: impl Fn(&Run) -> Result<Vec<usize>, String> + 'static,
    ) -> Cell {
        self.residents = Some(Box::new(residents));
        self
    }

    /// The cell, under the system's allocator alone.
    #[must_use]
    pub fn of_system(mut self) -> Cell {
        self.is_of_allocator = false;
        self
    }

    /// Runs the cell.
    ///
    /// # Errors
    ///
    /// If it cannot be measured here.
    pub fn rows(&self, run: &Run) -> Result<Vec<Row>, String> {
        (self.rows)(run)
    }

    /// Runs the cell without patterns. Returns the resident bytes at each of its samples.
    ///
    /// # Errors
    ///
    /// If it cannot be measured here, or has no twin.
    pub fn residents_of_service(&self, run: &Run) -> Result<Vec<usize>, String> {
        let residents = self.residents.as_ref();
        residents.ok_or("the cell has no twin")?(run)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
