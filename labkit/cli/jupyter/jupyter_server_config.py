"""The server's part of `./lab`: a saved notebook has no widget in it that could not come back.

JupyterLab keeps the state of the widgets of a kernel that lives. After a restart it keeps none, and a view without a
state would say "model not found". Such a view is left out when the notebook is saved, so that the panel's image stands
there. The server imports no labkit, because that would take it seconds and memory.
"""

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


def drop_lost_views(model: dict, **about: object) -> None:
    """Remove the views whose state is not in the notebook, where the output has another form to show."""
    if model.get("type") != "notebook":
        return
    content = model["content"]
    kept = content.get("metadata", {}).get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in content.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            lost = VIEW in data and data[VIEW].get("model_id") not in kept
            if lost and len(data) > 1:
                del data[VIEW]


# traitlets hands `c` to this file
c.ContentsManager.pre_save_hook = drop_lost_views  # noqa: F821
