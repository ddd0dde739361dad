#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio Companion, which also says where on the screen its parts are.

Usage: companion_probe.py SOCKET [FLOWGRAPH...]. Whoever connects to SOCKET gets one JSON object,
see state(). All positions are rectangles [x, y, width, height] in pixels of the screen. This
program changes nothing in Companion: what is clicked and typed, another program clicks and types.
"""
import json
import os
import socket
import sys
import traceback

import gi
gi.require_version("Gtk", "3.0")
gi.require_version("PangoCairo", "1.0")
from gi.repository import GLib, Gtk  # noqa: E402


def area(widget):
    """The rectangle of a widget on the screen."""
    top = widget.get_toplevel()
    _, left, upper = top.get_window().get_origin()
    x, y = widget.translate_coordinates(top, 0, 0)
    return [left + x, upper + y, widget.get_allocated_width(), widget.get_allocated_height()]


def below(widget):
    """The visible widgets below widget, and itself."""
    if not (widget.get_mapped() and widget.get_child_visible()):
        return
    yield widget
    if isinstance(widget, Gtk.Container):
        children = []
        widget.forall(children.append)
        for child in children:
            yield from below(child)


def text_of(widget):
    """What a widget has as its text, or None."""
    if isinstance(widget, Gtk.ToolButton):
        return (widget.get_label() or "").replace("_", "")
    if isinstance(widget, (Gtk.Label, Gtk.Entry)):
        return widget.get_text()
    if isinstance(widget, Gtk.TextView):
        buffer = widget.get_buffer()
        return buffer.get_text(*buffer.get_bounds(), True)
    if isinstance(widget, Gtk.CellView) and widget.get_displayed_row():  # an item of a menu
        model = widget.get_model()
        return model.get_value(model.get_iter(widget.get_displayed_row()), 0)
    return None


def widgets(window):
    """[{kind, text, area, enabled}] of the visible widgets of a window that have a text."""
    def enabled(widget):
        # The button inside of a button of the tool bar is the one that an action disables.
        button = widget.get_child() if isinstance(widget, Gtk.ToolButton) else None
        return (button or widget).is_sensitive()

    return [{"kind": type(widget).__name__, "text": text_of(widget), "area": area(widget),
             "enabled": enabled(widget)}
            for widget in below(window) if text_of(widget) is not None]


def fields(window):
    """{label: {area, value, error}} of the fields that the dialog shows of a block."""
    from gnuradio.grc.gui.ParamWidgets import InputParam
    found = {}
    for widget in below(window):
        if isinstance(widget, InputParam):
            control = getattr(widget, "_input", None) or getattr(widget, "_view", None)
            found[widget.param.name] = {
                "area": area(control or widget), "value": widget.param.get_value(),
                "options": list(getattr(widget.param, "options", {}).values()),
                "error": "\n".join(widget.param.get_error_messages())}
    return found


def tabs(window):
    """{name: area} of the tabs of a window: those of a dialog, or the flowgraphs."""
    found = {}
    for book in below(window):
        if isinstance(book, Gtk.Notebook) and book.get_show_tabs():
            for page in book.get_children():
                for widget in below(book.get_tab_label(page)):
                    if isinstance(widget, Gtk.Label):
                        found[widget.get_text()] = area(widget)
    return found


def rows(tree):
    """{name: area} of the rows of the tree of blocks that are expanded."""
    found, column = {}, tree.get_column(0)

    def add(model, path, row):
        cell = tree.get_cell_area(path, column)
        if cell.height:
            x, y = tree.convert_bin_window_to_widget_coords(cell.x, cell.y)
            left, upper, _, _ = area(tree)
            found[model.get_value(row, 0)] = [left + x, upper + y, cell.width, cell.height]

    tree.get_model().foreach(add)
    return found


def blocks(page):
    """{name: {key, area, ports, errors, params}} of the blocks on the canvas of a page."""
    canvas, zoom = page.drawing_area, page.drawing_area.zoom_factor
    _, left, upper = canvas.get_window().get_origin()

    def on_screen(box):
        x0, y0, x1, y1 = (zoom * value for value in box)
        return [left + x0, upper + y0, x1 - x0, y1 - y0]

    def port_area(block, port):
        x, y = (a + b for a, b in zip(block.coordinate, port.coordinate))
        width, height = port._area[2:]
        return on_screen((x, y, x + width, y + height))

    found = {}
    for block in page.flow_graph.blocks:
        x, y = block.coordinate
        ports = {f"{direction}{port.key}": port_area(block, port)
                 for direction, ports in (("in:", block.active_sinks),
                                          ("out:", block.active_sources))
                 for port in ports if port._area}  # before it is drawn first, it has none
        found[block.name] = {
            "key": block.key, "area": on_screen((x, y, x + block.width, y + block.height)),
            "ports": ports, "errors": list(block.get_error_messages()),
            "params": {name: param.get_value() for name, param in block.params.items()}}
    return found


class Probe:
    """Answers at a socket, whenever Companion has nothing else to do: all is drawn then."""

    def __init__(self, path):
        self.drags = 0
        self.watched = set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        GLib.io_add_watch(self.listener.fileno(), GLib.PRIORITY_LOW, GLib.IO_IN, self.answer)

    def answer(self, *_):
        connection, _ = self.listener.accept()
        with connection:
            try:
                connection.sendall(json.dumps(self.state()).encode())
            except BrokenPipeError:
                pass  # who asked has gone
            except Exception:
                traceback.print_exc()
        return True  # ask again

    def count_drags(self, canvas):
        """Counts how often something that is dragged moves over the canvas."""
        if canvas not in self.watched:
            self.watched.add(canvas)
            canvas.connect("drag-motion", self.drag_moved)

    def drag_moved(self, *_):
        self.drags += 1

    def state(self):
        """What Companion shows, or {} before its window is there."""
        application = Gtk.Application.get_default()
        main = getattr(application, "main_window", None)
        page = main and main.current_page
        if not page or not page.drawing_area.get_realized():
            return {}
        self.count_drags(page.drawing_area)
        windows = [window for window in Gtk.Window.list_toplevels() if window.get_mapped()]
        dialogs = [window for window in windows
                   if isinstance(window, Gtk.Dialog) and window.get_title() is not None]
        tree = main.btwin.treeview
        return {
            "title": main.get_title(),
            "file": page.file_path,
            "saved": page.saved,
            "errors": [f"{element}: {text}"
                       for element, text in page.flow_graph.iter_error_messages()],
            "running": page.process.pid if page.process else None,
            "zoom": page.drawing_area.zoom_factor,
            "canvas": area(page.scrolled_window),
            "blocks": blocks(page),
            "connections": [[c.source_block.name, c.source_port.key,
                             c.sink_block.name, c.sink_port.key]
                            for c in page.flow_graph.connections],
            "tree": rows(tree) if tree.get_mapped() else {},
            "search": {"area": area(main.btwin.search_entry),
                       "focus": main.btwin.search_entry.has_focus(),
                       "text": main.btwin.search_entry.get_text()}
            if main.btwin.search_entry.get_mapped() else None,
            "dialog": dialogs[0].get_title() if dialogs else None,
            "tabs": tabs(dialogs[0] if dialogs else main),
            "fields": fields(dialogs[0]) if dialogs else {},
            "message": text_of(dialogs[0]._error_messages_text_display)
            if dialogs and hasattr(dialogs[0], "_error_messages_text_display") else "",
            "widgets": [dict(widget, window=type(window).__name__)
                        for window in windows for widget in widgets(window)],
            "drags": self.drags,
        }


if __name__ == "__main__":
    probe = Probe(sys.argv.pop(1))
    from gnuradio.grc.main import main
    main()
