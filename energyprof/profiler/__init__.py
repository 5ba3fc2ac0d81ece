"""The profiler that user code touches: a scope, a decorator, and the measurements they give."""
