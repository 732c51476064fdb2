//! Lists of the management plane, a page at a time.

/// Where a list goes on: behind the item that the store knows by this number. Items are listed in the order of their numbers, which
/// are never given again, so what comes or goes between two pages neither repeats nor hides what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor(i64);

impl Cursor {
    /// Behind the item of that number; 0 is before the first.
    pub fn behind(number: i64) -> Self {
        Self(number)
    }

    /// The number that it is behind.
    pub fn number(self) -> i64 {
        self.0
    }

    /// Reads what [`Cursor::to_text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        i64::from_str_radix(text, 16).ok().filter(|_| is_plain).map(Self)
    }

    /// For clients, who give it back as it is.
    pub fn to_text(self) -> String {
        format!("{:x}", self.0)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

impl<T> Listed<T> {
    /// A page of at most `items_max`, of items with their numbers, of which one more was asked for to know whether there is any.
    pub fn page(mut numbered: Vec<(i64, T)>, items_max: usize) -> Self {
        let more = numbered.len() > items_max;
        numbered.truncate(items_max);
        let next = numbered.last().filter(|_| more).map(|(number, _)| Cursor::behind(*number));
        Self { items: numbered.into_iter().map(|(_, item)| item).collect(), next }
    }
}

impl<T> Listed<(Cursor, T)> {
    /// At most `items_max` of those that are `wanted`; the next page begins behind the last item that was looked at.
    pub fn narrow(self, items_max: usize, wanted: impl Fn(&T) -> bool) -> Listed<T> {
        let (mut items, mut seen) = (Vec::new(), Cursor::default());
        for (cursor, item) in self.items {
            if wanted(&item) {
                if items.len() >= items_max {
                    return Listed { items, next: Some(seen) };
                }
                items.push(item);
            }
            seen = cursor;
        }
        Listed { items, next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for number in [0, 1, 255, i64::MAX] {
            assert_eq!(Cursor::parse(&Cursor::behind(number).to_text()), Some(Cursor::behind(number)));
        }
        for text in ["", "-1", "+1", "x", "1 ", "8000000000000000", "ffffffffffffffffff"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn pages() {
        let page = |items_max| Listed::page(vec![(3, 'a'), (5, 'b'), (9, 'c')], items_max);
        assert_eq!(page(2), Listed { items: vec!['a', 'b'], next: Some(Cursor::behind(5)) });
        assert_eq!(page(3), Listed { items: vec!['a', 'b', 'c'], next: None });
        assert_eq!(Listed::<char>::page(Vec::new(), 3), Listed { items: vec![], next: None });
    }

    #[test]
    fn narrowed_pages_lose_nothing() {
        let listed =
            |next| Listed { items: [2, 3, 4, 5, 6, 7].map(|number| (Cursor::behind(number), number)).to_vec(), next };
        let even = |number: &i64| number % 2 == 0;
        let (behind, nothing) = (|number| Some(Cursor::behind(number)), |_: &i64| false);
        // 5 was looked at and is not wanted, 6 is and found no room.
        assert_eq!(listed(None).narrow(2, even), Listed { items: vec![2, 4], next: behind(5) });
        assert_eq!(listed(None).narrow(3, even), Listed { items: vec![2, 4, 6], next: None });
        assert_eq!(listed(behind(7)).narrow(3, even), Listed { items: vec![2, 4, 6], next: behind(7) });
        assert_eq!(listed(behind(7)).narrow(3, nothing), Listed { items: vec![], next: behind(7) });
    }
}
