"""What is on a receipt beside letters: a logo in black and white, and QR codes."""

from io import BytesIO

from PIL import Image

from loyalty.document import Picture, Qr

QUIET_MODULES = 4  # ISO/IEC 18004, section 6.3.8
MODULE_DOTS_MIN = 3  # 0.37 mm at 203 dpi: what phones read from thermal paper
MODULE_DOTS_MAX = 8  # a millimeter; larger only takes paper
HEIGHT_DOTS_MAX = 800  # ten centimeters of logo
BLACK_BELOW = 128


def qr(block: Qr, room: int) -> Image.Image:
    """The QR code with its quiet zone, in mode "L", at most `room` dots wide; wider than was asked for if it must be to be read.

    Error correction is M: crumpled paper, and the shortest code that stands it.
    """
    import segno

    encoding = None if block.text.isascii() else "utf-8"  # segno would take ISO 8859-1 where it can: phones then guess
    code = segno.make_qr(block.text, error="m", boost_error=False, encoding=encoding)
    matrix = tuple(code.matrix)
    modules = len(matrix) + 2 * QUIET_MODULES
    wanted = room * block.width_percent // 100 // modules
    scale = max(min(max(wanted, MODULE_DOTS_MIN), MODULE_DOTS_MAX, room // modules), 1)
    small = Image.new("L", (modules, modules), 255)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                small.putpixel((x + QUIET_MODULES, y + QUIET_MODULES), 0)
    return small.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)


def logo(block: Picture, room: int) -> Image.Image:
    """The logo in mode "L" with only black and white in it, scaled to its share of `room`; what is transparent is paper.

    Raises OSError or ValueError where it is no picture.
    """
    with Image.open(BytesIO(block.png), formats=["PNG"]) as image:
        seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    gray = Image.alpha_composite(paper, seen).convert("L")
    width = max(room * block.width_percent // 100, 1)
    height = min(max(gray.height * width // gray.width, 1), HEIGHT_DOTS_MAX)
    scaled = gray.resize((width, height), Image.Resampling.LANCZOS)
    if block.dither:
        return scaled.convert("1").convert("L")
    return scaled.point([0 if shade < BLACK_BELOW else 255 for shade in range(256)])
