#!/usr/bin/env python3
"""The picture of a page for README: picture.py PAGE PICTURE. In Inter, which is close to what many systems use for themselves."""

import os
import sys
import tempfile

from chromium import Chromium

FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>
<match target="pattern"><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match></fontconfig>"""


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        os.environ["FONTCONFIG_FILE"] = fonts.name
        b = Chromium()
        try:
            b.tab()
            b.show(os.path.abspath(sys.argv[1]), 1120, height=1180)
            b.picture(sys.argv[2], height=1180)
        finally:
            b.close()


main()
