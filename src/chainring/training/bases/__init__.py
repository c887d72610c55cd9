"""Where bases come from and what is asked of their folders.

hub           Hugging Face, or its mirror where `HF_ENDPOINT` names one
modelscope    ModelScope, for users in China
licences      what a folder says of its licence
fitting       whether weights, configuration and tokeniser belong together
"""
