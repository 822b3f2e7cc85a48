"""Chart specification, its data, its picture. The style of every picture is decided in `style`."""
