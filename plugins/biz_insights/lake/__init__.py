"""The lake: builds, the catalog, and the publish step that points the catalog to a build."""
