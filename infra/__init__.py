"""What `dr deploy` builds: CDK stacks for every region, made from the same `dr.yaml` that the bot reads."""
