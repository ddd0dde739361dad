# SPDX-License-Identifier: GPL-3.0-or-later
#
# The tests that are scripts: each ends with 77 where it cannot run on this machine, and is skipped then.
#
#   label    what                                              in ./run test
#   unit     programs of this folder, flowgraphs, the model    yes
#   python   those of unit that load the block into Python     yes
#   programs programs of others with zcring as their radio     those that are quick and have no window
#   style    formatting, licences, documentation               yes
#   install  what was installed, and the driver's own build    yes
#   vm       the driver, in a VM                               yes
#   hostile  hostile users, of the driver in a VM, of a server scaled down; else ctest -C long
#   debug    kernels with checks                               ctest -C long
set(tools ${PROJECT_SOURCE_DIR}/tools)

# script_test(NAME LABELS SECONDS COMMAND...): a test whose command finds the build tree on its paths.
function(script_test name labels seconds)
  add_test(NAME ${name} COMMAND ${tools}/env ${PROJECT_BINARY_DIR} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" SKIP_RETURN_CODE 77 TIMEOUT ${seconds})
  if(python IN_LIST labels) # the scenes of the examples are made by this tree, not by another
    set_property(TEST ${name} PROPERTY ENVIRONMENT XDG_CACHE_HOME=${PROJECT_BINARY_DIR}/cache)
  endif()
endfunction()

# The same for a test that takes an hour or more: plain ctest leaves it out, ctest -C long does not.
function(long_test name labels seconds)
  add_test(NAME ${name} CONFIGURATIONS long COMMAND ${tools}/env ${PROJECT_BINARY_DIR} ${ARGN})
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" SKIP_RETURN_CODE 77 TIMEOUT ${seconds} RUN_SERIAL ON)
endfunction()

script_test(layers style 60 sh ${CMAKE_CURRENT_SOURCE_DIR}/layers ${PROJECT_SOURCE_DIR})
script_test(style.python style 120 ${tools}/check-style python)
script_test(style.shell style 300 ${tools}/check-style shell)
script_test(style.format style 300 ${tools}/check-style format)
script_test(style.licenses style 60 ${tools}/check-licenses)
script_test(style.doxygen style 120 ${tools}/check-style doxygen ${PROJECT_BINARY_DIR})
script_test(manuals style 60 ${CMAKE_CURRENT_SOURCE_DIR}/manuals)
script_test(model unit 900 ${CMAKE_CURRENT_SOURCE_DIR}/model/check)

if(ZCRING_APPS)
  foreach(pace real free)
    set(campaign ${CMAKE_CURRENT_SOURCE_DIR}/server/kill_campaign ${PROJECT_BINARY_DIR} --pace ${pace})
    script_test(server.kills.${pace} unit 300 ${campaign} --kills 40)
    long_test(server.kills.${pace}.long unit 3600 ${campaign} --kills 1000)
    set(hostile ${tools}/test-hostile ${PROJECT_BINARY_DIR} --server ${pace})
    script_test(server.hostile.${pace} "unit;hostile" 900 ${hostile} 100000)
    long_test(server.hostile.${pace}.long hostile 3600 ${hostile} 1000000)
  endforeach()
endif()

# The suite of the library once more, on a receiver of a server.
if(ZCRING_APPS)
  script_test(server.device unit 300 ${tools}/test-with-server -- $<TARGET_FILE:device_test>
    --gtest_filter=-Antenna*:SceneRanges.*TheTone*) # where the tone is, only the server knows
  script_test(server.verify unit 120 ${tools}/test-with-server pace=free scene=counter --
    zcring verify device=test,member --samples 1e9)
endif()

if(ZCRING_SOAPY)
  script_test(soapy.commands "unit;python" 120 ${CMAKE_CURRENT_SOURCE_DIR}/soapy/test_commands.py)
endif()
if(ZCRING_APPS AND ZCRING_SOAPY)
  # What depends on the device, once more on a receiver of a server, and sending to its antenna.
  script_test(soapy.server unit 120 ${tools}/test-with-server pace=real --
    $<TARGET_FILE:soapy_test> --gtest_filter=SoapySend*:SoapyFaults*:SoapyThreads* --gtest_brief=1)
  # The rules that the emulator cannot keep.
  foreach(pace real free)
    script_test(soapy.check.server.${pace} unit 900 ${tools}/test-with-server scene=counter pace=${pace} --
      zcring-check-soapy driver=zcring,device=test,member --patience 60 --only "tx.*" --only "rx.rate-*")
  endforeach()
endif()

# The module for SoapySDR, against the contract that programs rely on.
if(ZCRING_SOAPY)
  foreach(pace real free)
    script_test(soapy.check.${pace} unit 900
      zcring-check-soapy driver=zcring,scene=counter,channels=2,pace=${pace} --patience 60)
  endforeach()
endif()

if(ZCRING_APPS)
  # The antenna of a server, and its receivers' scene, by the library's public interface.
  foreach(pace real free)
    script_test(server.antenna.${pace} unit 120 ${CMAKE_CURRENT_SOURCE_DIR}/on-server
      $<TARGET_FILE:zcring-command> ${pace}
      $<TARGET_FILE:device_test> --gtest_filter=Antenna*:SetScene.* --gtest_brief=1)
  endforeach()
  script_test(install.library install 900
    ${CMAKE_CURRENT_SOURCE_DIR}/consumer library ${PROJECT_BINARY_DIR})
endif()
if(ZCRING_APPS AND ZCRING_GNURADIO)
  script_test(server.flowgraphs "unit;python" 300
    ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/server/test_flowgraphs.py)
  script_test(install.block install 900
    ${CMAKE_CURRENT_SOURCE_DIR}/consumer block ${PROJECT_BINARY_DIR})
  script_test(install.uninstall install 900 ${CMAKE_CURRENT_SOURCE_DIR}/install ${PROJECT_BINARY_DIR})
  # The second configures the build tree anew, the first installs from it.
  set_tests_properties(install.block install.uninstall PROPERTIES RESOURCE_LOCK build-tree)
endif()

script_test(driver.lint install 600 ${tools}/check-driver ${PROJECT_BINARY_DIR})
script_test(driver.porting install 600 ${CMAKE_CURRENT_SOURCE_DIR}/porting ${PROJECT_BINARY_DIR})
script_test(driver.dkms install 600 ${CMAKE_CURRENT_SOURCE_DIR}/dkms ${PROJECT_BINARY_DIR})

# The flowgraphs of examples/: compiled and run, with screenshots of their windows.
if(ZCRING_GNURADIO)
  foreach(example
      adsb
      command_messages
      companion
      fm_receiver
      gaps
      loopback
      pipelines
      pipelines_page
      readme
      sc16_zero_copy
      spectrum
      two_channels
      windows
      zmq)
    script_test(examples.${example} "unit;python" 300
      ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/examples/test_${example}.py)
  endforeach()
  # It installs from the build tree.
  set_tests_properties(examples.pipelines_page PROPERTIES RESOURCE_LOCK build-tree)
  # The tutorial, typed in a fresh folder, and clicked in Companion.
  if(ZCRING_APPS)
    foreach(part Commands Clicks)
      script_test(examples.tutorial.${part} "unit;python" 600 ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_SOURCE_DIR}/examples/test_tutorial.py ${PROJECT_BINARY_DIR} ${part})
    endforeach()
  endif()
  script_test(examples.fault_injection "unit;python" 600
    ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/examples/fault_injection.py)
  script_test(demo "unit;python" 600 ${PROJECT_SOURCE_DIR}/examples/fm_demo.py
    --args emulator --out ${PROJECT_BINARY_DIR}/demo)

  # Tone, floor and ADC, as a flowgraph receives them.
  script_test(front_end "unit;python" 120
    ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_front_end.py)

  # The recording at other rates, beside scipy. Not every suite of Debian has the decoder.
  foreach(case Recording Frames)
    script_test(adsb.${case} "unit;python" 120
      ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_adsb.py ${case})
  endforeach()

  # Programs of others: those of ./run programs that take seconds and have no window.
  if(ZCRING_APPS AND ZCRING_SOAPY)
    foreach(program
        find
        probe
        benchmark_rate
        rx_timed_samples
        rx_multi_samples
        test_timed_commands
        rx_ascii_art_dft
        gr-soapy
        gr-osmosdr
        rtl_433)
      script_test(programs.${program} "programs;python" 300
        ${tools}/test-programs ${PROJECT_BINARY_DIR} ${program})
    endforeach()
  endif()

  # What the antenna costs: that the program runs; its figures mean nothing here.
  add_test(NAME bench_antenna COMMAND zcring-bench-antenna 1 1)
  set_tests_properties(bench_antenna PROPERTIES LABELS unit TIMEOUT 120)

  # The bounds of bench --check, and the report, from the stored results.
  script_test(bench_checks unit 60 ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_bench.py)
endif()

# The emulated machine has two processors of its own: nothing else runs beside it.
if(ZCRING_APPS AND ZCRING_GNURADIO)
  set(vm ${tools}/vm-with-driver ${PROJECT_BINARY_DIR})
  set(edu --device edu,dma_mask=0xffffffff)
  set(cover --device secondary-vga,vgamem_mb=1)
  script_test(vm.driver "vm;hostile" 1800
    ${vm} --timeout 1200 ${tools}/test-in-vm ${PROJECT_BINARY_DIR})
  # Behind an IOMMU. Without one, and with bounce buffers, the cards are in the campaigns of tools/test-kernels and
  # tools/test-debug-kernels.
  script_test(vm.edu vm 1200
    ${vm} --machine q35 --append "intel_iommu=on no_timer_check" --device intel-iommu,intremap=on ${edu} ${edu} ${cover}
    ${tools}/test-edu-in-vm ${PROJECT_BINARY_DIR} 32 20000)
  script_test(vm.sleep vm 900 ${tools}/test-sleep ${PROJECT_BINARY_DIR})
  set_tests_properties(vm.driver vm.edu vm.sleep PROPERTIES RUN_SERIAL ON)

  long_test(vm.hostile "hostile" 4000
    ${vm} --timeout 3600 ${tools}/test-hostile ${PROJECT_BINARY_DIR})
  foreach(suite installed bookworm-backports sid)
    long_test(kernels.${suite} "vm;hostile" 14400 ${tools}/test-kernels ${PROJECT_BINARY_DIR} ${suite})
  endforeach()
  foreach(kind memory races)
    long_test(debug_kernel.${kind} "debug;hostile" 14400
      ${tools}/test-debug-kernels ${PROJECT_BINARY_DIR} ${kind})
  endforeach()
endif()
