"""Files below a folder: which are images, which are hidden."""

from ..errors import need
from .images import is_image
from .places import walked

LEFT_BEHIND = ("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found")


def files_below(path):
    """All files below a folder, sorted, also through links; what was seen is not walked again. -> list of Path"""
    return sorted(file for file in walked(path) if file.is_file())


def images_of(files, path, ending=None):
    """The images among files, without what is hidden below `path`. ending: only those. -> list of Path"""
    wanted = [ending] if isinstance(ending, str) else ending
    fine = wanted is None or (
        isinstance(wanted, (list, tuple)) and wanted and all(isinstance(one, str) for one in wanted)
    )
    need(fine, "ending", ending, "an ending such as '.png', or a list of them")
    wanted = wanted and {"." + one.lower().lstrip(".") for one in wanted}
    images = [file for file in files if is_image(file) and not is_hidden(file, path)]
    return [file for file in images if not wanted or file.suffix.lower() in wanted]


def is_hidden(file, path):
    """Is a file, or a folder above it below `path`, hidden?"""
    return any(is_hidden_name(part) for part in file.relative_to(path).parts)


def is_hidden_name(name):
    """Is a file or folder called like hidden ones, or like those that systems leave behind?"""
    return name.startswith(".") or name in LEFT_BEHIND


def folders_in(path):
    """The folders in a folder, without hidden ones. -> sorted list of names"""
    return sorted(part.name for part in path.iterdir() if part.is_dir() and not is_hidden_name(part.name))


def classes_in(path):
    """The folders in a folder that have images in them. -> list of names"""
    return [name for name in folders_in(path) if any(is_image(file) for file in (path / name).iterdir())]


def below(files, folder):
    """The files below a folder, by the folder in it that they are in. -> {name: list of Path}"""
    groups, depth = {}, len(folder.parts)
    for file in files:
        if file.parts[:depth] == folder.parts and len(file.parts) > depth + 1:
            groups.setdefault(file.parts[depth], []).append(file)
    return groups
