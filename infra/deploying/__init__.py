"""`dr deploy`: checks, order, comparison, progress and report around the CDK CLI, which alone changes anything."""
