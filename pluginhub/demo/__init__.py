"""The demo: sample plugins in two versions, three users, and a page that loads their plugins.

``plugins/`` holds the sources, ``bundles/`` what ``build.py`` made of them, ``host/`` the page.
"""
