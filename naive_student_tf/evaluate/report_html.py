"""Small pieces of HTML that the sections of the report share.

Plain text from outside passes through `escape` where it enters a piece; arguments
called `cells`, `rows` and `content` are HTML already.
"""

from html import escape

from naive_student_tf import results_table
from naive_student_tf.evaluate import encode


def section(heading, *parts):
    """A section with its heading, or nothing if all parts are empty."""
    content = "".join(parts)
    return f"<section><h2>{escape(heading)}</h2>{content}</section>" if content else ""


def note(text):
    """A paragraph in small print."""
    return f'<p class="note">{escape(text)}</p>'


def scroll(content, *, label):
    """Lets wide content scroll inside the page; reachable by keyboard."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"{content}</div>"
    )


def html_table(header, rows, *, label, kind="numbers", text_columns=()):
    """A table in a scrolling region.

    Args:
        header: list of str, plain text; empty for a table without a header line.
        rows: list of lists of HTML, the first cell of a row names it.
        label: str, what the table shows, for screen readers.
        kind: str, its CSS class.
        text_columns: indices of the columns that are aligned on the left, as the
            first always is.

    Returns:
        str, HTML.
    """
    marks = [' class="text"' if c in text_columns else "" for c in range(len(rows[0]))]
    head = "".join(
        f'<th scope="col"{mark}>{escape(text)}</th>'
        for text, mark in zip(header, marks, strict=False)
    )
    body = "".join(_table_row(cells, marks) for cells in rows)
    thead = f"<thead><tr>{head}</tr></thead>" if header else ""
    content = f'<table class="{kind}">{thead}<tbody>{body}</tbody></table>'
    return scroll(content, label=label)


def _table_row(cells, marks):
    first, *others = zip(cells, marks, strict=True)
    content = "".join(f"<td{mark}>{cell}</td>" for cell, mark in others)
    return f'<tr><th scope="row">{first[0]}</th>{content}</tr>'


def gain(number):
    """A signed, colored difference of fixed width; None leaves the width empty."""
    if number is None:
        return '<span class="gain"></span>'
    text = results_table.format_difference(number)
    kind = {"+": "up", results_table.MINUS: "down"}.get(text[0], "")
    return f'<span class="gain {kind}">{text}</span>'


def swatch(color):
    """A square of an (r, g, b) color; the name beside it carries the meaning."""
    red, green, blue = color
    style = f"background:rgb({red},{green},{blue})"
    return f'<span class="swatch" style="{style}" aria-hidden="true"></span>'


def image(picture, *, alt):
    """A uint8 [H, W, 3] picture as an embedded PNG."""
    height, width, _ = picture.shape
    source = encode.data_uri(encode.encode_png(picture), media_type="image/png")
    return f'<img src="{source}" alt="{escape(alt)}" width="{width}" height="{height}">'


def animation(frames, *, frames_per_second, alt):
    """An embedded animation; who asks for less motion gets its first frame."""
    content, media_type = encode.encode_animation(
        frames, frames_per_second=frames_per_second
    )
    still = encode.data_uri(encode.encode_png(frames[0]), media_type="image/png")
    moving = encode.data_uri(content, media_type=media_type)
    height, width, _ = frames[0].shape
    return (
        f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
        f'<img src="{moving}" alt="{escape(alt)}" width="{width}" height="{height}">'
        "</picture>"
    )
