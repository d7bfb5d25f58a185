"""Excerpts of what libtpu 0.0.42.1 wrote for a train step of X-71 on v5e."""

ASSIGNMENT = """\
BufferAssignment:
allocation 0: size 512, thread-local:
 value: <11 add.7 @0> (size=512,offset=0): f32[]{:T(128)}
allocation 1: size 17965056, constant:
 value: <9 constant.3 @0> (size=17965056,offset=0): f32[2049,513]{1,0:T(8,128)}
allocation 2: size 12582912, parameter 729, shape |f32[1,1,1536,2048]| at ShapeIndex \
{}, maybe-live-out:
 value: <8 XLA_Args.28 @0> (size=12582912,offset=0): f32[1,1,1536,2048]{3,2,1,0}
allocation 22: size 6736896, parameter 0, shape |u8[1,1025,2049,3]| at ShapeIndex {}:
allocation 6498: size 13320586240, preallocated-temp:
 value: <63748 fusion.351{0} @0> (size=135530496,offset=3493347328): \
bf16[513,8,129,128,1]{3,1,2,0,4:T(8,128)(2,1)}
 value: <96224 fusion.1495 @0> (size=171059200,offset=439287808): \
bf16[257,8,65,128,5]{3,1,2,0,4:T(8,128)(2,1)}
 value: <96225 fusion.1496 @0> (size=999059200,offset=439287808): \
bf16[257,8,65,128,5]{3,1,2,0,4:T(8,128)(2,1)}
 value: <96273 fusion.805 @0> (size=342118400,offset=97157120): \
bf16[257,8,65,256,5]{3,1,2,0,4:T(8,128)(2,1)}
allocation 6501: size 117440512, color 1, preallocated-temp:
 value: <3589 fusion.805 @1> (size=512,offset=237568): f32[1,1,4,1]{2,3,1,0}
"""
LIVE_RANGE = """\
    tuple.1358{}:2369-2370
    fusion.1496{}:2-3
  Live ranges at 21625 (peak):
    fusion.805{}: 342118400 bytes (cumulative: 342118400 bytes)
    fusion.1495{}: 171059200 bytes (cumulative: 513177600 bytes)
    fusion.351{0}: 135530496 bytes (cumulative: 784238592 bytes)
    XLA_Args.28{}: 12582912 bytes (cumulative: 796821504 bytes)
  Stack trace breakdown for peak usage: 11 342 118 956 bytes
    fusion.1496{}: 1 bytes (cumulative: 1 bytes)
"""
OPTIMIZED = """\
  %fusion.805 = bf16[257,8,65,256,5] fusion(%a), metadata={op_name="fuse/Relu"}
  %fusion.1495 = bf16[257,8,65,128,5] fusion(%fusion.805), kind=kLoop
  %fusion.351 = (bf16[1]) fusion(%b), metadata={op_name="conv1/Relu"}, backend_config={}
"""
# X-71 on v2, refused after its buffers were assigned.
LATE_REFUSAL = """\
jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Ran out of memory on HBM, the total \
memory required for HLO temporaries (11.38G) exceeds available HBM (7.48G).
"""
# The other form that XLA has, of a program that is refused before: not seen of late.
REFUSAL = """\
jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: XLA:TPU compile permanent error. Ran \
out of memory in memory space hbm. Used 47.50G of 15.75G hbm. Exceeded hbm capacity by \
31.75G.
"""
