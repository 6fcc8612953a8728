//! The colours of the console. Each of them reads on a black background and on a white one: WCAG 2.1 asks for
//! a contrast of 4.5 for text, and a colour has that against both only if its luminance is between 0.175 and
//! 0.183. So one palette serves every terminal, and nothing has to be asked of it.
//!
//! None of the 16 colours that a colour scheme may change is used, because yellow, green and cyan are lost on
//! white in all usual schemes. The colours from 16 on are the same everywhere: xterm has fixed them, and a
//! terminal that has fewer takes the nearest one. A colour never says anything alone: a word or a sign says it
//! too, and what matters most is bold.

use ratatui::style::Color;

/// A grey, for what is less important.
pub const DIM: Color = Color::Indexed(243);
/// A blue, for the pane that has the keys.
pub const FOCUS: Color = Color::Indexed(63);
/// A green, for what went well.
pub const GOOD: Color = Color::Indexed(29);
/// A red, for what failed or is in danger.
pub const BAD: Color = Color::Indexed(131);
/// A violet, for what is not settled yet; no yellow reads on white.
pub const PENDING: Color = Color::Indexed(98);

/// All of them.
pub const ALL: [Color; 5] = [DIM, FOCUS, GOOD, BAD, PENDING];

#[cfg(test)]
mod tests {
    use super::*;

    type Rgb = [u8; 3];
    const BLACK: Rgb = [0, 0, 0];
    const WHITE: Rgb = [255, 255, 255];
    /// What WCAG 2.1 asks for (success criterion 1.4.3).
    const ENOUGH: f64 = 4.5;

    /// The relative luminance as WCAG 2.1 defines it.
    fn luminance(rgb: Rgb) -> f64 {
        let [r, g, b] = rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
    /// The colours from 16 on, as xterm makes them: a cube, and a ramp of greys.
    fn fixed(color: Color) -> Option<Rgb> {
        let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
        match color {
            Color::Indexed(n @ 16..=231) => {
                let n = n - 16;
                Some([n / 36, n / 6 % 6, n % 6].map(step))
            }
            Color::Indexed(n @ 232..) => Some([8 + 10 * (n - 232); 3]),
            _ => None,
        }
    }
    fn reads_on_both(rgb: Rgb) -> bool {
        [BLACK, WHITE].iter().all(|background| contrast(rgb, *background) >= ENOUGH)
    }

    #[test]
    fn the_contrast_is_the_one_of_wcag() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast([0x76; 3], WHITE) - 4.54).abs() < 0.005);
        assert!(reads_on_both([0x76; 3]) && !reads_on_both([0x77; 3]));
    }

    #[test]
    fn r_console_18_every_colour_reads_on_black_and_on_white() {
        for color in ALL {
            let rgb = fixed(color).expect("a colour that no scheme changes");
            let (dark, light) = (contrast(rgb, BLACK), contrast(rgb, WHITE));
            assert!(dark >= ENOUGH && light >= ENOUGH, "{color:?} {rgb:?}: {dark:.2} {light:.2}");
            // The backgrounds that editors and Windows call black are not quite. There it is what WCAG asks
            // of bold text and of signs.
            for background in [[0x0c; 3], [0x1e; 3]] {
                assert!(contrast(rgb, background) >= 3.0, "{color:?} on {background:?}");
            }
        }
        let different: std::collections::HashSet<_> = ALL.into_iter().collect();
        assert_eq!(different.len(), ALL.len());
    }

    /// Red, green, yellow and cyan of usual schemes. Those of xterm, VGA and macOS are as in the table of
    /// Wikipedia's page "ANSI escape code"; those of VS Code are in its terminalColorRegistry.ts, and those of
    /// Windows in the scheme "Campbell" of Windows Terminal's defaults.json.
    const SCHEMES: [(&str, [u32; 4]); 6] = [
        ("xterm", [0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_cdcd]),
        ("VGA and the Linux console", [0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_aaaa]),
        ("VS Code, dark", [0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x11_a8cd]),
        ("VS Code, light", [0xcd_3131, 0x10_7c10, 0x94_9800, 0x05_98bc]),
        ("Windows Terminal, Campbell", [0xc5_0f1f, 0x13_a10e, 0xc1_9c00, 0x3a_96dd]),
        ("macOS Terminal", [0xc2_3621, 0x25_bc24, 0xad_ad27, 0x33_bbc8]),
    ];

    #[test]
    fn no_usual_scheme_has_a_red_green_yellow_or_cyan_that_reads_on_both() {
        for (name, colors) in SCHEMES {
            for color in colors {
                let [_, rgb @ ..] = color.to_be_bytes();
                assert!(!reads_on_both(rgb), "{name}: {rgb:02x?} could be used");
            }
        }
    }
}
