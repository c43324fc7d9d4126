# Bugs that are planted to see that the tests find them. A plant is a file that stands in
# for one function of the product or of a library (the linker's --wrap), so there is no
# switch for it in the product, and no build of it can have one. plant-NAME passes when
# the test of that name fails, and says what it must say.
function(plant name test wrapped words)
    add_executable(plant_${name} ${CMAKE_CURRENT_SOURCE_DIR}/unit/${test}.c
        ${CMAKE_CURRENT_SOURCE_DIR}/plant/${name}.c)
    target_compile_definitions(plant_${name} PRIVATE
        TESTDATA="${PROJECT_SOURCE_DIR}/testdata")
    target_link_libraries(plant_${name} PRIVATE espoload_flags espoload_sim espoload_cmd
        PkgConfig::CMOCKA)
    foreach(function ${wrapped})
        target_link_options(plant_${name} PRIVATE -Wl,--wrap=${function})
    endforeach()
    string(REPLACE _ - label ${name})
    add_test(NAME plant-${label} COMMAND plant_${name})
    set_tests_properties(plant-${label} PROPERTIES ENVIRONMENT ESPOLOAD_SEEDS=300
        PASS_REGULAR_EXPRESSION "${words}")
endfunction()

plant(late_commit test_importer_games "journal_commit;journal_rollback;courier_poll"
    "seed [0-9]+, .*rows own")
plant(batch_again test_importer_games journal_mark_doubtful "seed [0-9]+, .*rows own")
plant(resume_off_by_one test_importer_games journal_last_row
    "seed [0-9]+, .*(rows own|not what was sent|cannot have been updated)")
plant(no_lanes test_importer_games lane_add
    "seed [0-9]+: requests that share a key were at work at the same time")
plant(no_lock test_journal "fcntl;fcntl64" "FAILED  . test_locked\n")
plant(no_guard test_transport curl_multi_add_handle "FAILED  . test_post_never_twice\n")
plant(blind_undo test_undo_games undo_compare
    "seed [0-9]+, .*(was edited, and is deleted|an edit is lost)")
plant(ids_anew test_bulk_games chunk_build_upload "seed [0-9]+, .*rows own")
plant(made_forgotten test_link_games journal_get_made
    "seed [0-9]+, .*(was made twice|share a key were at work)")
plant(relation_forgotten test_link_games importer_plan_relation
    "seed [0-9]+, .*lacks teams, and its row does not say so")
plant(relation_unsettled test_link_games importer_looks
    "seed [0-9]+, .*lacks teams, and its row does not say so")
