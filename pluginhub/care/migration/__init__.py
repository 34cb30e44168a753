"""Migration from the layout that keeps a copy of each plugin for every user.

``source`` finds what there is, ``descriptions`` reads what plugins say of themselves, ``planning``
decides what becomes of it, ``applying`` does it, and ``undoing`` takes it back. Nothing that is
found is executed, and the source is never changed.
"""
