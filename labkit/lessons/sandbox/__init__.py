"""The sandbox: any method on any noise, side by side."""
